#include "actors/log_opening.hpp"
#include "actors/replica_receiver_state.hpp"
#include "persistence/diverged_tails.hpp"
#include "persistence/log_rewind.hpp"
#include "replication/restart_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// The part of the receiver's state that begins a log anew (decision 12), or cuts it where the
/// primary's history left it.
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
  if (auto refused = replication::refuse_restart({own.cluster, told.cluster,
                                                  std::max(own.term, own.granted_term), told.term,
                                                  flushed(), told.start, content()}))
    return messages::log_restarted{refused->code, refused->text};
  if (auto err = refuse_log_change())
    return answer_of(err);
  stream_.reset();
  gathered_.clear();
  setup_->context.log->warn("this log begins anew, what it held is kept in discarded/ cause={} "
                            "term={} start_lsn={} flushed_lsn={}",
                            told.cause, told.term.value, told.start.value, flushed().value);
  if (auto err = give_up_log(told))
    return answer_of(err);
  return begin_log_change();
}

caf::result<messages::log_restarted> replica_receiver_state::rewind(const messages::rewind& told) {
  const auto& own = setup_->state;
  // The next hello says more of what is between, and is answered again.
  if (setup_->spool && own.cluster == told.cluster
      && fork_search_.goes_on_with(told.term, {told.through, told.parted_at},
                                   setup_->spool->oldest_lsn()))
    return messages::log_restarted{};
  if (auto refused = replication::refuse_rewind(
          {own.cluster, told.cluster, std::max(own.term, own.granted_term), told.term, flushed(),
           told.through, content(), std::max(applied_, applying_through_), setup_->can_install}))
    return messages::log_restarted{refused->code, refused->text};
  if (auto err = refuse_log_change())
    return answer_of(err);
  stream_.reset();
  gathered_.clear();
  if (auto err = give_up_tail(told))
    return answer_of(err);
  return begin_log_change();
}

caf::error replica_receiver_state::refuse_log_change() const {
  // What it was promoted with is what it opens with: the fork is told and stored.
  if (closed_for_office_)
    return make_error(errc::fenced, "this node is becoming the primary");
  if (!failure_.empty() || closed_)
    return make_error(errc::log_failed, failure_);
  if (is_log_to_be_changed())
    return make_error(errc::overloaded, "the log is being given up");
  return {};
}

/// Answered when it is done: not before the preparer is.
caf::result<messages::log_restarted> replica_receiver_state::begin_log_change() {
  restart_promise_ = self_->make_response_promise<messages::log_restarted>();
  auto promise = *restart_promise_;
  go_on_with_restart();
  return promise;
}

/// The log has been closed for it, and whoever asks next goes on with it.
bool replica_receiver_state::is_log_to_be_changed() const {
  return !setup_->spool && (setup_->state.restart || setup_->state.rewind);
}

/// The intent first: from there on a crash goes on with it.
caf::error replica_receiver_state::give_up_log(const messages::rebootstrap& told) {
  auto state = setup_->state;
  state.cluster = told.cluster;
  state.term = told.term;
  state.timeline = told.timeline;
  note_cluster(told.facts, state);
  const auto& context = setup_->context;
  if (auto err = persistence::plan_restart(*context.disk, context.directory, *setup_->store, state,
                                           {.first = told.start,
                                            .before = told.before,
                                            .last_term = told.last_term,
                                            .producers = told.producers},
                                           flushed()))
    return err;
  setup_->state = std::move(state);
  close_given_up();
  return {};
}

/// The same: the intent first. It is only stored when this log's own history there is the
/// primary's.
caf::error replica_receiver_state::give_up_tail(const messages::rewind& told) {
  auto state = setup_->state;
  state.cluster = told.cluster;
  state.term = told.term;
  // Its state is past the log from now on: that is to be known in later lives.
  if (applier_ && std::max(applied_, applying_through_) > told.through)
    state.wants_snapshot = true;
  const auto& context = setup_->context;
  const auto& spool = *setup_->spool;
  if (auto err = persistence::plan_rewind(
          *context.disk, context.directory, *setup_->store, state, told.through, told.at,
          {spool.oldest_lsn(), spool.durable_lsn(), spool.last_term()}))
    return err;
  setup_->state = std::move(state);
  ++divergences_;
  const auto& kept_as = setup_->state.rewind->kept_as;
  context.log->warn("this log left the primary's history, what it held behind that is put aside "
                    "term={} fork_lsn={} flushed_lsn={} oldest_lsn={} kept_in={}",
                    told.term.value, told.through.value, flushed().value, spool.oldest_lsn().value,
                    kept_as.empty()
                        ? "nothing: it held no record"
                        : (persistence::diverged_folder(context.directory) / kept_as).string());
  close_given_up();
  return {};
}

void replica_receiver_state::close_given_up() {
  if (auto old = std::exchange(setup_->spool, nullptr))
    if (auto err = old->close())
      setup_->context.log->warn("the log that is given up could not be closed reason=\"{}\"",
                                describe(err));
}

/// Once the preparer no longer works for the old log: what it writes late would be taken for
/// a part of the new one.
void replica_receiver_state::go_on_with_restart() {
  if (!restart_promise_ || chores_out_ > 0)
    return;
  auto promise = std::move(*restart_promise_);
  restart_promise_.reset();
  promise.deliver(answer_of(finish_log_change()));
}

caf::error replica_receiver_state::finish_log_change() {
  return setup_->state.rewind ? finish_rewind() : finish_restart();
}

caf::error replica_receiver_state::finish_rewind() {
  const auto& context = setup_->context;
  auto opened =
      persistence::rewind_log(log_place_of(context, setup_->spool_options, setup_->state.cluster),
                              *setup_->store, setup_->state);
  if (!opened)
    return opened.error();
  setup_->spool = std::move(*opened);
  if (!applier_)
    applied_ = std::min(applied_, flushed());
  self_->send(setup_->buffer, messages::log_began{setup_->spool->oldest_lsn(), flushed()});
  hand_out_chores();
  context.log->info("this log was cut and goes on term={} durable_lsn={}", setup_->state.term.value,
                    flushed().value);
  return {};
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
  setup_->wants_snapshot = false;
  // The applier says how far the state is once it goes on.
  applying_through_ = no_lsn;
  self_->send(setup_->buffer, messages::log_began{setup_->state.log_start, flushed()});
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
