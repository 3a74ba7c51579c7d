#include "actors/log_opening.hpp"
#include "actors/replica_receiver_state.hpp"
#include "persistence/spool_reader.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// The part of the receiver's state that latches, and opens the log again when there was no room.
namespace sluice::actors {

namespace {

/// Whether the next try may succeed although nobody mends anything.
bool is_passing(errc code) {
  return code == errc::no_space || code == errc::overloaded;
}

} // namespace

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
    opened = open_log(context, log_place_of(context, setup_->spool_options, setup_->state.cluster));
  if (!opened && is_passing(code_of(opened.error()))) {
    arm(reopen_timer, setup_->limits.no_space_retry);
    return;
  }
  if (opened && (*opened)->durable_lsn() < told)
    opened = make_error(errc::corruption, "it ends at LSN " + to_string((*opened)->durable_lsn())
                                              + " and was acked through " + to_string(told));
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

/// What was written by the group that failed may have turned out to be whole.
caf::error replica_receiver_state::publish_recovered(lsn told) {
  if (told == flushed())
    return caf::none;
  auto reader = persistence::spool_reader::open(*setup_->context.disk, setup_->context.directory);
  if (!reader)
    return reader.error();
  while (told < flushed()) {
    auto batches = (*reader)->read_batches(told, flushed(), {});
    if (!batches)
      return batches.error();
    if (batches->empty())
      return make_error(errc::corruption, "it ends early");
    told = batches->back().last;
    self_->send(setup_->buffer,
                messages::batches_durable{
                    std::make_shared<const std::vector<frame_batch>>(std::move(*batches))});
  }
  return caf::none;
}

} // namespace sluice::actors
