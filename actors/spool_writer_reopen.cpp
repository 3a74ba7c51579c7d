#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// A disk without room passes; what it left is mended as any other failure is, by opening again.
namespace sluice::actors {

/// What an append is told that comes while the log has failed.
errc spool_writer_state::refusal_code() const {
  return setup_->spool->failure_code() == errc::no_space ? errc::no_space : errc::log_failed;
}

/// Opening reads, checks and writes anew what is not proven durable, through other
/// descriptors: nothing is acknowledged that the failed write may have lost.
void spool_writer_state::try_reopen() {
  if (closed_)
    return;
  auto told = setup_->spool->durable_lsn();
  auto opened = setup_->reopen();
  if (!opened) {
    reopen_timer_.arm(self_, replication::later(now_of(self_), setup_->limits.reopen_every));
    return;
  }
  setup_->spool = std::move(*opened);
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

/// What was written by the append that failed may have turned out to be whole.
caf::error spool_writer_state::publish_recovered(lsn told) {
  auto durable = setup_->spool->durable_lsn();
  if (told >= durable)
    return caf::none;
  auto reader = persistence::spool_reader::open(*setup_->context.disk, setup_->context.directory);
  if (!reader)
    return reader.error();
  while (told < durable) {
    auto batches = (*reader)->read_batches(told, durable, {});
    if (!batches)
      return batches.error();
    if (batches->empty())
      return make_error(errc::corruption, "the log that was opened again ends early");
    for (const auto& batch : *batches)
      publish(batch);
    told = batches->back().last;
  }
  return caf::none;
}

} // namespace sluice::actors
