#include "actors/replica_receiver_state.hpp"
#include "persistence/log_restart.hpp"
#include "persistence/spool_reader.hpp"
#include "replication/restart_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <utility>

/// The part of the receiver's state that lets a snapshot take the place of the embedder's state,
/// and begins the log behind it.
namespace sluice::actors {

/// From the intent on until the state is the one or the other: nothing is streamed or promised.
bool replica_receiver_state::is_installing() const {
  return installing_in_place_
         || (setup_->state.restart && setup_->state.restart->is_of_state
             && !setup_->state.restart->is_installed);
}

/// Whether this log holds what follows `at`, and is of that history there.
bool replica_receiver_state::goes_on_behind(lsn at, digest history) const {
  if (!setup_->spool || at > flushed() || next(at) < setup_->spool->oldest_lsn())
    return false;
  const auto& context = setup_->context;
  auto reader = persistence::spool_reader::open(*context.disk, context.directory);
  if (!reader)
    return false;
  auto own = (*reader)->digest_at(at, flushed());
  return own && *own == history;
}

/// Where the log is to begin anew the intent is stored first: an open that finds it asks the state
/// whether it is the new one. Where it stays a crash changes nothing: `wants_snapshot` does.
messages::log_restarted
replica_receiver_state::begin_install(const messages::begin_install& wanted) {
  const auto& own = setup_->state;
  auto log_goes_on = goes_on_behind(wanted.at, wanted.history);
  if (auto refused = replication::refuse_install({own.cluster, wanted.cluster,
                                                  std::max(own.term, own.granted_term), wanted.term,
                                                  flushed(), wanted.at, log_goes_on}))
    return {refused->code, refused->text};
  if (!failure_.empty() || closed_ || closed_for_office_)
    return {errc::log_failed, failure_.empty() ? "this node is closing" : failure_};
  if (is_log_to_be_changed() || is_installing())
    return {errc::overloaded, "the log is being given up"};
  stream_.reset();
  gathered_.clear();
  if (!log_goes_on)
    return plan_log_behind(wanted);
  installing_in_place_ = wanted.at;
  return {};
}

messages::log_restarted
replica_receiver_state::plan_log_behind(const messages::begin_install& wanted) {
  auto state = setup_->state;
  state.cluster = wanted.cluster;
  state.term = wanted.term;
  // What this node holds is of its own timeline until the state is the new one.
  auto facts = wanted.facts;
  persistence::log_restart where{next(wanted.at),  wanted.history, true,
                                 wanted.last_term, applied_,       state.discarded_through};
  where.timeline = wanted.timeline;
  where.history = std::exchange(facts.timelines, {});
  where.producers = wanted.producers;
  note_cluster(facts, state);
  const auto& context = setup_->context;
  if (auto err = persistence::plan_restart(*context.disk, context.directory, *setup_->store, state,
                                           where, flushed()))
    return {code_of(err), context_of(err)};
  setup_->state = std::move(state);
  return {};
}

caf::result<messages::log_restarted>
replica_receiver_state::end_install(const messages::install_ended& x) {
  if (!is_installing())
    return messages::log_restarted{errc::invalid_argument, "nothing is being installed"};
  if (!x.is_installed || installing_in_place_)
    return keep_log(x.is_installed);
  setup_->context.log->info("the state was replaced by a snapshot, this log begins anew behind it, "
                            "what it held is kept in discarded/ term={} start_lsn={} "
                            "flushed_lsn={}",
                            setup_->state.term.value, setup_->state.restart->first.value,
                            flushed().value);
  // Made durable before the first file moves, which may have to wait and be tried again.
  persistence::note_installed(setup_->state);
  set_applied(previous(setup_->state.restart->first));
  close_given_up();
  return begin_log_change();
}

/// The log is as it was: beside the old state, or beside the new one, which goes on in it.
messages::log_restarted replica_receiver_state::keep_log(bool is_installed) {
  auto state = setup_->state;
  auto in_place_at = std::exchange(installing_in_place_, std::nullopt);
  if (!in_place_at) {
    state.discarded_through = state.restart->discarded_before;
    state.restart.reset();
  }
  if (is_installed) {
    state.wants_snapshot = false;
    setup_->wants_snapshot = false;
    applying_through_ = no_lsn;
    set_applied(*in_place_at);
    setup_->context.log->info("the state was replaced by a snapshot, this log goes on behind it "
                              "term={} flushed_lsn={}",
                              state.term.value, flushed().value);
  }
  auto err = keep(std::move(state));
  return err ? messages::log_restarted{code_of(err), context_of(err)} : messages::log_restarted{};
}

} // namespace sluice::actors
