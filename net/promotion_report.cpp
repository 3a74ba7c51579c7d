#include "net/promotion_report.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace sluice::net {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ",") + name;
  return text;
}

struct planned_node {
  std::string id;
  std::string endpoint;
  bool is_reachable = false;
  std::string why_not;
  replication::history_end end;
};

struct refusal_text {
  const std::string& candidate;
  using said = std::pair<errc, std::string>;

  said operator()(const replication::promotion_won&) const { return {errc::ok, {}}; }
  said operator()(const replication::promotion_fenced& x) const {
    return {errc::fenced, "node " + x.by + " follows or has granted term " + to_string(x.term)};
  }
  said operator()(const replication::promotion_behind& x) const {
    if (x.by.empty())
      return {errc::behind_watermark,
              candidate + " holds LSN " + to_string(x.end.flushed) + ", less than was required"};
    return {errc::behind_watermark, "node " + x.by + " holds LSN " + to_string(x.end.flushed)
                                        + " of term " + to_string(x.end.last_term) + ", which "
                                        + candidate
                                        + " lacks: promote that node, or use --force and lose it"};
  }
  said operator()(const replication::promotion_without_majority& x) const {
    return {errc::no_majority,
            std::to_string(x.have) + " of the " + std::to_string(x.need)
                + " members that are needed would follow; missing: " + joined(x.missing)};
  }
  said operator()(const replication::promotion_of_stranger&) const {
    return {errc::wrong_role,
            candidate + " is not a declared member: only a member can become the primary"};
  }
};

} // namespace

std::string plan_text(const messages::candidacy& own, const replication::members& declared,
                      const std::string& endpoint, const std::map<std::string, asked_node>& asked) {
  std::vector<planned_node> nodes{{own.node, endpoint, true, own.obstacle, own.end}};
  auto newest = own.end;
  for (const auto& [id, each] : asked) {
    planned_node node{id, each.node.endpoint, each.reply.has_value(), each.trouble, {}};
    if (each.reply) {
      node.end = {each.reply->last_term, each.reply->flushed};
      newest = std::max(newest, node.end);
    }
    nodes.push_back(std::move(node));
  }
  std::string text;
  for (auto& node : nodes) {
    if (node.is_reachable && !declared.empty() && !declared.contains(node.id))
      node.why_not = "not a declared member";
    if (node.is_reachable && node.why_not.empty() && node.end < newest)
      node.why_not = "behind_watermark";
    auto at_risk =
        newest.flushed > node.end.flushed ? newest.flushed.value - node.end.flushed.value : 0;
    text += (text.empty() ? "" : "\n");
    text += "node=" + node.id + " endpoint=" + node.endpoint
            + " reachable=" + (node.is_reachable ? "yes" : "no")
            + " eligible=" + (node.is_reachable && node.why_not.empty() ? "yes" : "no");
    if (node.is_reachable)
      text += " last_term=" + to_string(node.end.last_term) + " flushed_lsn="
              + to_string(node.end.flushed) + " lsns_at_risk=" + std::to_string(at_risk);
    if (!node.why_not.empty())
      text += " why=\"" + node.why_not + "\"";
  }
  return text;
}

std::optional<lsn> parse_lsn(const std::string& text) {
  std::uint64_t value = 0;
  if (text.empty())
    return lsn{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{lsn{value}}
                                                                  : std::nullopt;
}

std::string handed_over_text(const std::string& from, replication::monotonic_ns paused_at,
                             replication::monotonic_ns now) {
  auto paused_ms = replication::elapsed(paused_at, now).count() / 1'000'000;
  return " from=" + from + " paused_ms=" + std::to_string(paused_ms);
}

std::pair<errc, std::string> refusal_of(const replication::promotion_verdict& verdict,
                                        const std::string& candidate) {
  return std::visit(refusal_text{candidate}, verdict);
}

std::string said_of(const replication::promotion_won& won,
                    const std::map<std::string, asked_node>& asked) {
  std::string text;
  std::vector<std::string> unheard;
  for (const auto& [id, each] : asked)
    if (!each.reply)
      unheard.push_back(id);
  if (!unheard.empty())
    text += " unheard=" + joined(unheard);
  if (!won.ahead.empty())
    text += " lost_records_of=" + joined(won.ahead);
  if (!won.silent.empty())
    text += " not_granted_by=" + joined(won.silent);
  return text;
}

} // namespace sluice::net
