#include "actors/log_opening.hpp"
#include "actors/log_reopening.hpp"
#include "actors/replica_receiver_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// How the receiver latches, and opens its log again when there was no room.
namespace sluice::actors {

void replica_receiver_state::latch(const std::string& failure) {
  failure_ = failure;
  trouble_.clear();
  setup_->context.log->error("log failed, nothing is acked until it is opened again term={} "
                             "durable_lsn={} reason=\"{}\"",
                             setup_->state.term.value, flushed().value, failure);
  break_stream(errc::log_failed, failure);
  if (setup_->spool->failure_code() == errc::no_space)
    arm(reopen_timer, setup_->limits.no_space_retry);
}

/// As on a primary: what is not proven durable is written anew through other descriptors
/// before it is acked. The link then says hello from there.
void replica_receiver_state::try_reopen() {
  if (closed_ || failure_.empty() || !setup_->spool)
    return;
  auto told = flushed();
  const auto& context = setup_->context;
  // What the preparer still makes for the old spool is nobody's once the new one is open.
  caf::expected<std::shared_ptr<persistence::spool>> opened{
      make_error(errc::overloaded, "the segment preparer works for the old log")};
  if (chores_out_ == 0)
    opened = not_shorter_than(told, open_log(context, log_place_of(context, setup_->spool_options,
                                                                   setup_->state.cluster)));
  if (!opened && is_passing(code_of(opened.error()))) {
    arm(reopen_timer, setup_->limits.no_space_retry);
    return;
  }
  if (opened) {
    setup_->spool = std::move(*opened);
    failure_.clear();
    if (auto err = publish_recovered(told))
      opened = err;
  }
  if (!opened) {
    failure_ += "the log cannot be opened again: " + describe(opened.error());
    context.log->error("log cannot be opened again, nothing is acked until the node starts anew "
                       "term={} durable_lsn={} reason=\"{}\"",
                       setup_->state.term.value, told.value, describe(opened.error()));
    return;
  }
  context.log->info("log opened again term={} durable_lsn={}", setup_->state.term.value,
                    flushed().value);
  hand_out_chores();
}

caf::error replica_receiver_state::publish_recovered(lsn told) {
  return read_recovered(setup_->context, told, flushed(), [this](std::vector<frame_batch> batches) {
    self_->send(setup_->buffer,
                messages::batches_durable{
                    std::make_shared<const std::vector<frame_batch>>(std::move(batches))});
  });
}

} // namespace sluice::actors
