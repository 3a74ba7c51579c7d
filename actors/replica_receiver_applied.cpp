#include "actors/replica_receiver_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// How far the replica has applied, and who waits for it.
namespace sluice::actors {

/// Without an applier the log itself is the state.
void replica_receiver_state::advance_applied() {
  auto rule = setup_->state.members.empty() ? replication::commit_knowledge::free_of_commit
                                            : replication::commit_knowledge::bound_by_commit;
  auto through = replication::apply_through(flushed(), commit_, rule);
  if (!applier_)
    set_applied(std::max(applied_, through));
  else if (through > applied_) {
    applying_through_ = through;
    self_->send(applier_, messages::apply_through{through});
  }
}

void replica_receiver_state::set_applied(lsn through) {
  applied_ = through;
  applied_waits_.advance(applied());
}

/// Of a state that is being replaced nothing is promised: by the time that it is read it may be
/// the new one, which need not be as far.
bookmark replica_receiver_state::applied() const {
  return {setup_->state.timeline, setup_->state.term, is_installing() ? no_lsn : applied_};
}

caf::result<messages::applied_position>
replica_receiver_state::await(const messages::await_applied& request) {
  auto answer = answer_applied(self_, applied_waits_, request, applied(), now_of(self_));
  wait_timer_.arm(self_, applied_waits_.next_deadline());
  return answer;
}

void replica_receiver_state::attach_applier(const messages::attach_applier& x) {
  applier_ = caf::actor_cast<messages::replica_applier_actor>(x.applier);
}

void replica_receiver_state::note_applied(const messages::records_applied& x) {
  auto moved = x.applied > applied_ || x.errors != apply_errors_;
  set_applied(x.applied);
  apply_errors_ = x.errors;
  if (moved && !flush_scheduled_)
    ack();
}

} // namespace sluice::actors
