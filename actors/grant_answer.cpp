#include "actors/grant_answer.hpp"

#include "replication/promote_rule.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

/// In a cluster without members nobody counts grants; but who has never met a primary does not know
/// whether there are any.
bool is_new(const persistence::node_state& state) {
  return end_of(state, no_lsn).last_term == term{}
         && (!state.members.empty() || state.history.empty());
}

} // namespace

replication::history_end end_of(const persistence::node_state& state, lsn durable) {
  auto is_primary = state.role == persistence::node_role::primary;
  return {is_primary ? std::max(state.term, state.history_term) : state.history_term, durable};
}

messages::grant_reply grant_of(const persistence::node_state& state,
                               const replication::history_end& end) {
  return {true,          errc::ok,   {}, state.node, std::max(state.term, state.granted_term),
          end.last_term, end.flushed};
}

messages::grant_reply refused_grant(const persistence::node_state& state,
                                    const replication::history_end& end, errc code,
                                    std::string reason) {
  auto reply = grant_of(state, end);
  reply.code = code;
  reply.reason = std::move(reason);
  return reply;
}

std::optional<messages::grant_reply> judge_grant(const messages::grant_request& asked,
                                                 const persistence::node_state& state,
                                                 const replication::history_end& end) {
  if (!asked.well_formed)
    return refused_grant(state, end, errc::malformed, "the request could not be understood");
  auto verdict = replication::judge_grant(
      {asked.cluster,
       asked.candidate,
       asked.term,
       {asked.last_term, asked.flushed},
       asked.is_forced},
      {state.cluster, state.term, state.granted_term, state.granted_to, end, is_new(state)});
  const auto* refused = std::get_if<replication::grant_refused>(&verdict);
  if (refused == nullptr)
    return std::nullopt;
  switch (refused->reason) {
  case replication::grant_refusal::wrong_cluster:
    return refused_grant(state, end, errc::wrong_cluster,
                         "this node is of cluster " + state.cluster);
  case replication::grant_refusal::fenced:
    return refused_grant(state, end, errc::fenced,
                         "this node has followed or granted term " + to_string(refused->known));
  case replication::grant_refusal::behind_watermark:
    return refused_grant(state, end, errc::behind_watermark,
                         "this node holds LSN " + to_string(end.flushed) + " of term "
                             + to_string(end.last_term));
  case replication::grant_refusal::not_caught_up:
    return refused_grant(state, end, errc::overloaded,
                         "this node began empty and has not caught up since: what it held "
                         "before is not known");
  }
  return std::nullopt;
}

void with_node(std::vector<replication::known_node>& nodes, replication::known_node node,
               const std::string& self) {
  if (node.id == self || node.endpoint.empty())
    return;
  auto place = std::lower_bound(nodes.begin(), nodes.end(), node.id,
                                [](const auto& x, const auto& id) { return x.id < id; });
  if (place != nodes.end() && place->id == node.id)
    *place = std::move(node);
  else
    nodes.insert(place, std::move(node));
}

} // namespace sluice::actors
