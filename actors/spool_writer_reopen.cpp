#include "actors/log_reopening.hpp"
#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// A disk without room passes; what it left is mended as any other failure is, by opening again.
namespace sluice::actors {

/// What an append is told that comes while the log has failed.
errc spool_writer_state::refusal_code() const {
  if (is_deposed_)
    return errc::fenced;
  return is_reopening_ ? errc::no_space : errc::log_failed;
}

void spool_writer_state::reopen_when_there_is_room() {
  is_reopening_ = setup_->reopen && setup_->spool->failure_code() == errc::no_space;
  if (is_reopening_)
    arm_reopening();
}

void spool_writer_state::arm_reopening() {
  reopen_timer_.arm(self_, replication::later(now_of(self_), setup_->limits.reopen_every));
}

/// More has broken than room would mend.
void spool_writer_state::give_up_reopening(const caf::error& why) {
  is_reopening_ = false;
  failure_ += "; opening it again: " + describe(why);
  setup_->context.log->error("log cannot be opened again, appends are refused until the node "
                             "starts anew term={} durable_lsn={} reason=\"{}\"",
                             setup_->term.value, setup_->spool->durable_lsn().value, describe(why));
}

/// Opening reads, checks and writes anew what is not proven durable, through other
/// descriptors: nothing is acknowledged that the failed write may have lost.
void spool_writer_state::try_reopen() {
  if (closed_ || is_deposed_)
    return;
  // What the preparer still makes for the old spool is nobody's once the new one is open.
  if (chores_out_ > 0) {
    arm_reopening();
    return;
  }
  auto told = setup_->spool->durable_lsn();
  auto opened = not_shorter_than(told, setup_->reopen());
  if (!opened && is_passing(code_of(opened.error()))) {
    arm_reopening();
    return;
  }
  if (!opened) {
    give_up_reopening(opened.error());
    return;
  }
  setup_->spool = std::move(*opened);
  is_reopening_ = false;
  reader_.reset();
  failure_.clear();
  if (auto err = publish_recovered(told)) {
    latch(describe(err));
    return;
  }
  setup_->context.log->info("log opened again, appends go on term={} durable_lsn={}",
                            setup_->term.value, setup_->spool->durable_lsn().value);
  self_->send(setup_->coordinator, messages::log_reopened{});
  hand_out_chores();
}

caf::error spool_writer_state::publish_recovered(lsn told) {
  return read_recovered(setup_->context, told, setup_->spool->durable_lsn(),
                        [this](const std::vector<frame_batch>& batches) {
                          for (const auto& batch : batches)
                            publish(batch);
                        });
}

} // namespace sluice::actors
