#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// A log that stands still for a moment, so that a replica has all of it.
namespace sluice::actors {

/// No batch is half written: one is written within one handler.
messages::appends_paused spool_writer_state::pause(const messages::pause_appends& order) {
  auto durable = setup_->spool->durable_lsn();
  if (closed_)
    return {errc::closed, "the node is closing", durable};
  if (!failure_.empty())
    return {refusal_code(), failure_, durable};
  if (!setup_->confirmed)
    return {errc::not_confirmed, "a majority of the members has not confirmed this primary's term",
            durable};
  paused_until_ = replication::later(now_of(self_), order.at_most);
  pause_timer_.arm(self_, *paused_until_);
  if (!gathered_.empty())
    arm(held_looked_at_every);
  setup_->context.log->info("appends are paused term={} durable_lsn={} at_most_ms={}",
                            setup_->term.value, durable.value, order.at_most.count());
  return {errc::ok, {}, durable};
}

void spool_writer_state::resume() {
  if (!paused_until_)
    return;
  paused_until_.reset();
  setup_->context.log->info("appends go on after a pause term={} durable_lsn={} waiting={}",
                            setup_->term.value, setup_->spool->durable_lsn().value,
                            gathered_.size());
  if (!gathered_.empty())
    schedule_flush();
}

/// Who ordered the pause may be gone: then it ends by itself.
void spool_writer_state::end_pause_when_due() {
  if (!paused_until_)
    return;
  if (*paused_until_ > now_of(self_))
    pause_timer_.arm(self_, *paused_until_);
  else
    resume();
}

void spool_writer_state::watch_held() {
  if (setup_->confirmed)
    expire_held(errc::timed_out, "the deadline passed before it was written");
  else
    expire_held(errc::not_confirmed, "a majority of the members has not confirmed this primary's "
                                     "term; nothing was written");
  if (!gathered_.empty())
    arm(held_looked_at_every);
}

} // namespace sluice::actors
