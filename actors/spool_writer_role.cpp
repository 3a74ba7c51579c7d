#include "actors/spool_writer_state.hpp"

#include "actors/grant_answer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

// How a primary ends: somebody has a higher term.
namespace sluice::actors {

replication::history_end spool_writer_state::history_end() const {
  return end_of(setup_->state, setup_->spool->durable_lsn());
}

/// Persist, stop, then answer: what the candidate is told must still hold when it counts it.
messages::grant_reply spool_writer_state::grant(const messages::grant_request& asked) {
  if (auto refusal = judge_grant(asked, setup_->state, history_end()))
    return *refusal;
  auto state = setup_->state;
  state.granted_term = asked.term;
  state.granted_to = asked.candidate;
  with_node(state.nodes, {asked.candidate, asked.endpoint}, state.node);
  if (auto err = end_office(std::move(state), asked.endpoint,
                            "term " + to_string(asked.term) + " was granted to " + asked.candidate))
    return refused_grant(setup_->state, history_end(), code_of(err), context_of(err));
  return grant_of(setup_->state, history_end());
}

void spool_writer_state::step_down(const messages::step_down& x) {
  auto state = setup_->state;
  // A term that was granted before this life began deposes it as well.
  // Of its own term there is another primary only where no majority confirms one.
  auto is_new = x.term > state.term || (x.term == state.term && setup_->declared.empty());
  if (!is_new || (is_deposed_ && !unstored_))
    return;
  if (unstored_ && x.term <= unstored_->state.granted_term)
    return;
  if (x.term > state.granted_term) {
    state.granted_term = x.term;
    state.granted_to.clear();
  }
  if (auto err = end_office(std::move(state), x.primary_endpoint, x.reason))
    setup_->context.log->error("the higher term cannot be stored, trying again term={} higher={} "
                               "reason=\"{}\"",
                               setup_->term.value, x.term.value, describe(err));
}

/// Nothing is acknowledged from here on, whether or not the directory could be told.
caf::error spool_writer_state::end_office(persistence::node_state state,
                                          const std::string& primary_endpoint,
                                          const std::string& reason) {
  if (!is_deposed_) {
    is_deposed_ = true;
    latch("deposed: " + reason);
  }
  state.history_term = end_of(state, no_lsn).last_term;
  state.role = persistence::node_role::replica;
  state.is_deposed = true;
  return store_deposal({std::move(state), primary_endpoint, reason});
}

/// Until the directory says so it would be opened as the primary's again: it is tried until that
/// works, and only then becomes a replica's.
caf::error spool_writer_state::store_deposal(deposal what) {
  unstored_.reset();
  if (setup_->store)
    if (auto err = setup_->store->store(what.state)) {
      unstored_ = std::move(what);
      deposal_timer_.arm(self_, replication::later(now_of(self_), setup_->limits.reopen_every));
      return err;
    }
  setup_->state = std::move(what.state);
  if (setup_->context.roles)
    self_->send(setup_->context.roles, messages::role_changed{false, setup_->state.granted_term,
                                                              what.primary_endpoint, what.reason});
  return caf::none;
}

void spool_writer_state::store_deposal_again() {
  if (closed_ || !unstored_ || store_deposal(*unstored_))
    return;
  setup_->context.log->info("the higher term is stored, this node becomes a replica term={} "
                            "higher={}",
                            setup_->term.value, setup_->state.granted_term.value);
}

void spool_writer_state::note_nodes(const messages::nodes_seen& seen) {
  auto state = setup_->state;
  for (const auto& node : seen.nodes)
    with_node(state.nodes, node, state.node);
  if (state == setup_->state || is_deposed_ || !setup_->store)
    return;
  if (auto err = setup_->store->store(state)) {
    setup_->context.log->warn("who is in the cluster cannot be stored term={} reason=\"{}\"",
                              setup_->term.value, describe(err));
    return;
  }
  setup_->state = std::move(state);
}

} // namespace sluice::actors
