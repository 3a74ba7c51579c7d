#include "replication/promote_rule.hpp"

#include <algorithm>
#include <map>

namespace sluice::replication {

grant_verdict judge_grant(const grant_claim& claim, const grantor_facts& grantor) {
  if (!grantor.cluster.empty() && claim.cluster != grantor.cluster)
    return grant_refused{grant_refusal::wrong_cluster, {}};
  // Said first, also to who only asks: whoever counts on it is not to raise a term for nothing.
  if (grantor.is_new && !claim.is_forced)
    return grant_refused{grant_refusal::not_caught_up, {}};
  auto is_free = grantor.granted_to.empty() || grantor.granted_to == claim.candidate;
  auto asks_again = claim.term == grantor.granted_term && is_free;
  auto known = std::max(grantor.term, grantor.granted_term);
  if (claim.term <= known && !asks_again)
    return grant_refused{grant_refusal::fenced, known};
  if (grantor.term >= claim.term)
    return grant_refused{grant_refusal::fenced, known};
  if (grantor.end > claim.end && !claim.is_forced)
    return grant_refused{grant_refusal::behind_watermark, {}};
  return granted{};
}

promotion_verdict judge_promotion(const members& declared, const promotion_facts& candidate,
                                  const std::vector<grant_report>& reports) {
  if (!declared.empty() && !declared.contains(candidate.self))
    return promotion_of_stranger{};
  std::map<std::string, const grant_report*> latest;
  for (const auto& report : reports)
    if (report.id != candidate.self)
      latest[report.id] = &report;
  for (const auto& [id, report] : latest)
    if (report->term > candidate.term || report->is_fenced)
      return promotion_fenced{id, report->term};
  promotion_won won;
  for (const auto& [id, report] : latest)
    if (report->end > candidate.end)
      won.ahead.push_back(id);
  promotion_without_majority short_of{0, majority(declared.size()), {}};
  for (const auto& name : declared.names()) {
    auto report = latest.find(name);
    if (name == candidate.self || (report != latest.end() && report->second->is_granted))
      ++short_of.have;
    else
      short_of.missing.push_back(name);
  }
  if (candidate.is_forced) {
    won.silent = std::move(short_of.missing);
    return won;
  }
  if (candidate.end.flushed < candidate.required)
    return promotion_behind{"", candidate.end};
  if (!won.ahead.empty())
    return promotion_behind{won.ahead.front(), latest[won.ahead.front()]->end};
  if (short_of.have < short_of.need)
    return short_of;
  won.silent = std::move(short_of.missing);
  return won;
}

std::uint64_t terms_to_skip(const members& declared, bool is_forced, std::uint64_t random) {
  return declared.empty() || is_forced ? random % terms_skipped_max : 0;
}

sluice::term next_term(sluice::term own, sluice::term granted,
                       const std::vector<grant_report>& seen, std::uint64_t skipped) {
  auto highest = std::max(own, granted);
  for (const auto& report : seen)
    highest = std::max(highest, report.term);
  return sluice::term{next(highest).value + skipped};
}

} // namespace sluice::replication
