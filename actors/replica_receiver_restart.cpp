#include "actors/replica_receiver_state.hpp"
#include "persistence/log_restart.hpp"
#include "replication/restart_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// The part of the receiver's state that begins a log anew (decision 12).
namespace sluice::actors {

namespace {

messages::log_restarted answer_of(const caf::error& err) {
  if (!err)
    return {};
  return {code_of(err), context_of(err)};
}

} // namespace

replication::replica_content replica_receiver_state::content() const {
  return applier_ ? replication::replica_content::applied_state
                  : replication::replica_content::log_only;
}

caf::result<messages::log_restarted>
replica_receiver_state::restart(const messages::rebootstrap& told) {
  const auto& own = setup_->state;
  if (auto refused = replication::refuse_restart(
          {own.cluster, told.cluster, own.term, told.term, flushed(), told.start, content()}))
    return messages::log_restarted{refused->code, refused->text};
  if (!failure_.empty() || closed_)
    return answer_of(make_error(errc::log_failed, failure_));
  stream_.reset();
  gathered_.clear();
  setup_->context.log->warn("this log begins anew, what it held is kept in discarded/ cause={} "
                            "term={} start_lsn={} flushed_lsn={}",
                            told.cause, told.term.value, told.start.value, flushed().value);
  if (auto err = give_up_log(told))
    return answer_of(err);
  restart_promise_ = self_->make_response_promise<messages::log_restarted>();
  auto promise = *restart_promise_;
  go_on_with_restart();
  return promise;
}

/// The intent first: from there on a crash goes on with it.
caf::error replica_receiver_state::give_up_log(const messages::rebootstrap& told) {
  auto state = setup_->state;
  state.cluster = told.cluster;
  state.term = told.term;
  state.timeline = told.timeline;
  const auto& context = setup_->context;
  if (auto err = persistence::plan_restart(*context.disk, context.directory, *setup_->store, state,
                                           {told.start, told.before}, flushed()))
    return err;
  setup_->state = std::move(state);
  if (auto old = std::exchange(setup_->spool, nullptr))
    if (auto err = old->close())
      context.log->warn("the log that is given up could not be closed reason=\"{}\"",
                        describe(err));
  return {};
}

/// Once the preparer no longer works for the old log: what it writes late would be taken for
/// a part of the new one.
void replica_receiver_state::go_on_with_restart() {
  if (!restart_promise_ || chores_out_ > 0)
    return;
  auto promise = std::move(*restart_promise_);
  restart_promise_.reset();
  promise.deliver(answer_of(finish_restart()));
}

caf::error replica_receiver_state::finish_restart() {
  const auto& context = setup_->context;
  auto opened = persistence::restart_log({*context.disk,
                                          context.directory,
                                          setup_->spool_options,
                                          {setup_->state.cluster},
                                          environment_of(context)},
                                         *setup_->store, setup_->state);
  if (!opened)
    return opened.error();
  setup_->spool = std::move(*opened);
  self_->send(setup_->buffer, messages::log_began{setup_->state.log_start});
  hand_out_chores();
  context.log->info("this log begins anew term={} log_start_lsn={}", setup_->state.term.value,
                    setup_->state.log_start.value);
  return {};
}

/// What was given up is no longer needed once the new log holds what follows it. Tried once
/// in a life of the node.
void replica_receiver_state::drop_discarded() {
  if (dropping_discarded_ || !setup_->preparer
      || !persistence::discarded_is_due(setup_->state, flushed()))
    return;
  dropping_discarded_ = true;
  auto work = persistence::discarded_files(*setup_->context.disk, setup_->context.directory);
  if (!work) {
    setup_->context.log->warn("cannot remove the log that was given up reason=\"{}\"",
                              describe(work.error()));
    return;
  }
  chores_out_ += work->size();
  if (work->empty())
    forget_discarded();
  else
    self_->send(setup_->preparer, do_chores{std::move(*work)});
}

void replica_receiver_state::forget_discarded() {
  auto left = persistence::discarded_files(*setup_->context.disk, setup_->context.directory);
  if (!left || !left->empty())
    return;
  auto state = setup_->state;
  state.discarded_through = no_lsn;
  if (auto err = setup_->store->store(state)) {
    setup_->context.log->warn("cannot note that the old log is gone reason=\"{}\"", describe(err));
    return;
  }
  setup_->state = std::move(state);
  dropping_discarded_ = false;
}

void replica_receiver_state::hand_out_chores() {
  if (!setup_->spool || !setup_->preparer)
    return;
  auto chores = setup_->spool->take_chores();
  chores_out_ += chores.size();
  if (!chores.empty())
    self_->send(setup_->preparer, do_chores{std::move(chores)});
}

void replica_receiver_state::finish_chore(const messages::chore_finished& done) {
  chores_out_ -= std::min<std::size_t>(chores_out_, 1);
  if (!done.prepared_path.empty() && setup_->spool)
    setup_->spool->offer_prepared({done.prepared_path, done.prepared_bytes});
  if (dropping_discarded_ && chores_out_ == 0)
    forget_discarded();
  go_on_with_restart();
}

} // namespace sluice::actors
