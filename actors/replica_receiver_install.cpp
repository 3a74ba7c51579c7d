#include "actors/replica_receiver_state.hpp"
#include "persistence/log_restart.hpp"
#include "replication/restart_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

/// The part of the receiver's state that lets a snapshot take the place of the embedder's state,
/// and begins the log behind it.
namespace sluice::actors {

/// From the intent on until the state is the one or the other: nothing is streamed or promised.
bool replica_receiver_state::is_installing() const {
  return setup_->state.restart && setup_->state.restart->is_of_state && !is_state_installed_;
}

/// The intent first: an open that finds it asks the state whether it is the new one.
messages::log_restarted
replica_receiver_state::begin_install(const messages::begin_install& wanted) {
  const auto& own = setup_->state;
  if (auto refused = replication::refuse_install({own.cluster, wanted.cluster,
                                                  std::max(own.term, own.granted_term), wanted.term,
                                                  flushed(), wanted.at}))
    return {refused->code, refused->text};
  if (!failure_.empty() || closed_ || closed_for_office_)
    return {errc::log_failed, failure_.empty() ? "this node is closing" : failure_};
  if (is_log_to_be_changed() || is_installing())
    return {errc::overloaded, "the log is being given up"};
  stream_.reset();
  gathered_.clear();
  auto state = own;
  state.cluster = wanted.cluster;
  state.term = wanted.term;
  state.timeline = wanted.timeline;
  const auto& context = setup_->context;
  if (auto err = persistence::plan_restart(*context.disk, context.directory, *setup_->store, state,
                                           {next(wanted.at), wanted.history, true}, flushed()))
    return {code_of(err), context_of(err)};
  setup_->state = std::move(state);
  is_state_installed_ = false;
  return {};
}

caf::result<messages::log_restarted>
replica_receiver_state::end_install(const messages::install_ended& x) {
  if (!is_installing())
    return messages::log_restarted{errc::invalid_argument, "nothing is being installed"};
  if (!x.is_installed) {
    auto state = setup_->state;
    state.restart.reset();
    state.discarded_through = no_lsn;
    auto err = keep(std::move(state));
    return err ? messages::log_restarted{code_of(err), context_of(err)} : messages::log_restarted{};
  }
  setup_->context.log->info("the state was replaced by a snapshot, this log begins anew behind it, "
                            "what it held is kept in discarded/ term={} start_lsn={} "
                            "flushed_lsn={}",
                            setup_->state.term.value, setup_->state.restart->first.value,
                            flushed().value);
  is_state_installed_ = true;
  close_given_up();
  return begin_log_change();
}

} // namespace sluice::actors
