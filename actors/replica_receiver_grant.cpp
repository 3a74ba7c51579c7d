#include "actors/replica_receiver_state.hpp"

#include "actors/directory_rule.hpp"
#include "actors/grant_answer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

// What a replica promises to who wants to be primary, and how it becomes one itself.
namespace sluice::actors {

namespace {

/// Otherwise no timeline can be begun behind it.
bool knows_its_timeline(const persistence::node_state& state) {
  return std::any_of(state.history.begin(), state.history.end(),
                     [&](const replication::timeline_entry& x) { return x.id == state.timeline; });
}

} // namespace

replication::history_end replica_receiver_state::history_end() const {
  return end_of(setup_->state, flushed());
}

/// What a replica acknowledges past the beginning of its primary's term is a vote for that history:
/// it is durable first that it takes it for its own. One that began empty does not before it has
/// all that was durable when it joined (decision 7).
caf::error replica_receiver_state::note_history() {
  const auto& accepted = stream_->accepted;
  if (setup_->state.history_term >= accepted.term)
    return caf::none;
  auto whole = accepted.timelines.empty() ? no_lsn : accepted.timelines.back().fork_lsn;
  if (setup_->state.history_term == term{})
    whole = std::max(whole, accepted.durable);
  if (flushed() < whole)
    return caf::none;
  auto state = setup_->state;
  state.history_term = accepted.term;
  return keep(std::move(state));
}

caf::error replica_receiver_state::keep(persistence::node_state state) {
  if (state == setup_->state)
    return caf::none;
  if (auto err = setup_->store->store(state))
    return err;
  setup_->state = std::move(state);
  return caf::none;
}

messages::candidacy replica_receiver_state::candidacy() const {
  const auto& state = setup_->state;
  messages::candidacy x;
  x.cluster = state.cluster;
  x.node = state.node;
  x.region = state.region;
  x.term = state.term;
  x.granted_term = state.granted_term;
  x.timeline = state.timeline;
  x.end = history_end();
  x.members = state.members;
  x.nodes = state.nodes;
  if (!failure_.empty())
    x.obstacle = "its log has failed: " + failure_;
  else if (is_installing())
    x.obstacle = "a snapshot is taking the place of its state";
  else if (state.restart || state.rewind)
    x.obstacle =
        "its log is being cut, or begun anew: " + (trouble_.empty() ? "try again" : trouble_);
  else if (setup_->wants_snapshot || state.wants_snapshot)
    x.obstacle = "its state needs a snapshot of another node's";
  else if (!setup_->spool)
    x.obstacle = "it has never met its primary: there is no history to go on with";
  else if (!knows_its_timeline(state))
    x.obstacle = "it does not know how its timeline came about: it has to follow its primary first";
  return x;
}

/// Persist, stop, then answer: what the candidate is told must still hold when it counts it.
messages::grant_reply replica_receiver_state::grant(const messages::grant_request& asked) {
  const auto& state = setup_->state;
  if (closed_ || !failure_.empty())
    return refused_grant(state, history_end(), errc::log_failed,
                         "this node's log has failed: " + failure_);
  if (closed_for_office_)
    return refused_grant(state, history_end(), errc::closed,
                         "this node is becoming the primary of term " + to_string(state.term)
                             + ": ask it again");
  if (is_log_to_be_changed())
    return refused_grant(state, history_end(), errc::overloaded,
                         "this node's log is being cut, or begun anew: what it holds is not known");
  if (auto refusal = judge_grant(asked, state, history_end()))
    return *refusal;
  // What was gathered is written and acked under the old term, or not at all.
  break_stream(errc::fenced,
               "term " + to_string(asked.term) + " was granted to " + asked.candidate);
  auto granted = state;
  // A term is one of a cluster: no other is met with it.
  if (granted.cluster.empty())
    granted.cluster = asked.cluster;
  granted.granted_term = asked.term;
  granted.granted_to = asked.candidate;
  with_node(granted.nodes, {asked.candidate, asked.endpoint}, state.node);
  if (auto err = keep(std::move(granted)))
    return refused_grant(setup_->state, history_end(), code_of(err), context_of(err));
  setup_->context.log->info("term granted term={} granted_term={} to={} durable_lsn={}",
                            setup_->state.term.value, asked.term.value, asked.candidate,
                            flushed().value);
  return grant_of(setup_->state, history_end());
}

/// The history goes on from what is durable here, on a timeline of its own.
messages::office_taken replica_receiver_state::take_office(const messages::take_office& won) {
  auto state = setup_->state;
  if (closed_ || !failure_.empty() || !setup_->spool)
    return {errc::log_failed, "this node's log has failed: " + failure_, {}};
  if (state.restart || state.rewind || is_installing())
    return {
        errc::overloaded, "this node's log or its state is being replaced: promote it again", {}};
  if (state.granted_term != won.term || state.granted_to != state.node || state.term >= won.term)
    return {errc::fenced, "a higher term came meanwhile", {}};
  if (!knows_its_timeline(state))
    return {errc::log_failed, "this node does not know how its timeline came about", {}};
  break_stream(errc::fenced, "this node is the primary of term " + to_string(won.term));
  const auto& spool = *setup_->spool;
  timeline_id timeline{won.term.value};
  // It may follow a timeline and not hold what came before that.
  auto parent = replication::timeline_at(timelines_of(state), state.timeline, spool.durable_lsn());
  state.history.push_back(
      {timeline, parent, spool.durable_lsn(), spool.tail_digest(), won.term, state.node});
  state.timeline = timeline;
  state.term = won.term;
  state.history_term = won.term;
  state.role = persistence::node_role::primary;
  state.is_deposed = false;
  if (auto err = keep(std::move(state)))
    return {code_of(err), context_of(err), {}};
  // A replica no more: it neither follows nor writes until it is opened as a primary.
  closed_for_office_ = true;
  setup_->context.log->info("promoted term={} timeline={} fork_lsn={}", won.term.value,
                            timeline.value, flushed().value);
  return {errc::ok, {}, flushed()};
}

void replica_receiver_state::note_nodes(const messages::nodes_seen& seen) {
  auto state = setup_->state;
  for (const auto& node : seen.nodes)
    with_node(state.nodes, node, state.node);
  if (auto err = keep(std::move(state)))
    setup_->context.log->warn("who is in the cluster cannot be stored term={} reason=\"{}\"",
                              setup_->state.term.value, describe(err));
}

} // namespace sluice::actors
