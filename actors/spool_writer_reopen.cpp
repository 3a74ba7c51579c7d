#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// A disk without room passes; what it left is mended as any other failure is, by opening again.
namespace sluice::actors {

namespace {

/// Whether the next try may succeed although nobody mends anything.
bool is_passing(errc code) {
  return code == errc::no_space || code == errc::overloaded;
}

} // namespace

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
  auto opened = setup_->reopen();
  if (!opened && is_passing(code_of(opened.error()))) {
    arm_reopening();
    return;
  }
  if (opened && (*opened)->durable_lsn() < told)
    opened = make_error(errc::corruption, "the log that was opened again ends at LSN "
                                              + to_string((*opened)->durable_lsn())
                                              + ", it was acknowledged through " + to_string(told));
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

/// What was written by the append that failed may have turned out to be whole.
caf::error spool_writer_state::publish_recovered(lsn told) {
  auto durable = setup_->spool->durable_lsn();
  if (told == durable)
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
