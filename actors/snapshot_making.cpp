#include "actors/snapshot_keeper_state.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

/// How the one snapshot of a node is made, found again and given up.
namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

constexpr auto answer_within = std::chrono::seconds{10};
constexpr auto prove_within = std::chrono::seconds{60};
/// An embedder that copies its state before it hands out the first byte.
constexpr auto freeze_within = std::chrono::minutes{60};
/// Of one chunk.
constexpr auto copy_within = std::chrono::minutes{10};

constexpr std::uint64_t retry_timer = 2;

} // namespace

// -- what an earlier life has left -----------------------------------------------------------

void snapshot_keeper_state::find() {
  is_busy_ = true;
  self_->request(setup_->builder, freeze_within, messages::find_outgoing{})
      .then(
          [this](const messages::outgoing_found& x) {
            if (x.snapshot)
              return prove_found(x.snapshot);
            is_busy_ = false;
            settle();
          },
          [this](const caf::error& why) { fail("", why); });
}

/// Pinned first: the log must not be pruned between the proof and the pin.
void snapshot_keeper_state::prove_found(const messages::built_snapshot_ptr& found) {
  pin(found->at, [this, found] {
    auto judge = [this, found](const std::optional<digest>& here) {
      is_busy_ = false;
      snapshot_ = found;
      if (here == found->history) {
        demand_.inherit(now_of(self_));
        setup_->context.log->info("snapshot of an earlier life stands ready at_lsn={} bytes={}",
                                  found->at.value, found->bytes);
      } else {
        give_up();
      }
      settle();
    };
    self_->request(setup_->buffer, prove_within, messages::get_digest{found->at})
        .then([judge](const messages::digest_known& x) { judge(x.value); },
              [judge](const caf::error&) { judge(std::nullopt); });
  });
}

/// What cannot be removed now is removed before the next one is made.
void snapshot_keeper_state::give_up() {
  if (snapshot_)
    setup_->context.log->info("snapshot is given up at_lsn={}", snapshot_->at.value);
  snapshot_ = nullptr;
  demand_.clear();
  unpin();
  self_->request(setup_->builder, freeze_within, messages::discard_outgoing{})
      .then([](const messages::outgoing_discarded&) {},
            [this](const caf::error& why) {
              note_failure("snapshot/outgoing cannot be emptied: " + describe(why));
            });
}

// -- making one ------------------------------------------------------------------------------

lsn snapshot_keeper_state::least_wanted() const {
  auto least = std::ranges::min_element(waiting_, {},
                                        [](const auto& entry) { return entry.second.at_least; });
  return least == waiting_.end() ? no_lsn : least->second.at_least;
}

void snapshot_keeper_state::make() {
  is_busy_ = true;
  made_ = {"building", no_lsn, 0, 0, std::nullopt};
  self_->request(setup_->applied, answer_within, messages::await_applied{})
      .then(
          [this](const messages::applied_position& x) {
            // Copying a state takes long: not one that will not do.
            if (x.applied.lsn < least_wanted())
              return try_later("the state here is through LSN " + to_string(x.applied.lsn)
                               + ", LSN " + to_string(least_wanted()) + " is needed");
            pin_and_freeze(x.applied.lsn);
          },
          [this](const caf::error& why) { fail("it is not known how far the state is: ", why); });
}

/// The state is at least here by now: what follows it is kept before it is frozen.
void snapshot_keeper_state::pin_and_freeze(lsn applied) {
  if (snapshot_)
    setup_->context.log->info("snapshot is too old and given up at_lsn={}", snapshot_->at.value);
  snapshot_ = nullptr;
  demand_.clear();
  pin(applied, [this] { freeze(); });
}

void snapshot_keeper_state::freeze() {
  self_->request(setup_->builder, freeze_within, messages::begin_outgoing{})
      .then([this](const messages::outgoing_begun& x) { take_frozen(x); },
            [this](const caf::error& why) { fail("", why); });
}

void snapshot_keeper_state::take_frozen(const messages::outgoing_begun& begun) {
  made_.at = begun.at;
  made_.total_bytes = begun.total_bytes;
  if (begun.at < least_wanted())
    return try_later("the state here is through LSN " + to_string(begun.at) + ", LSN "
                     + to_string(least_wanted()) + " is needed");
  pin(begun.at, [this] { prove_frozen(); });
}

void snapshot_keeper_state::prove_frozen() {
  self_->request(setup_->buffer, prove_within, messages::get_digest{made_.at, {}, true})
      .then(
          [this](const messages::digest_known& x) {
            if (!x.value)
              return try_later("the state is at LSN " + to_string(made_.at)
                               + ", in the middle of a batch");
            setup_->context.log->info("snapshot is made at_lsn={} bytes={}", made_.at.value,
                                      made_.total_bytes);
            copying_since_ = now_of(self_);
            copy(x);
          },
          [this](const caf::error& why) {
            fail("the log behind the state cannot be read: ", why);
          });
}

void snapshot_keeper_state::copy(messages::digest_known history) {
  self_->request(setup_->builder, copy_within, messages::extend_outgoing{})
      .then(
          [this, history](const messages::outgoing_extended& x) {
            made_.bytes = x.bytes;
            made_.seconds_left = seconds_to_copy();
            if (x.is_whole)
              finish(history);
            else
              copy(history);
          },
          [this](const caf::error& why) { fail("", why); });
}

/// At the rate so far.
std::optional<std::uint64_t> snapshot_keeper_state::seconds_to_copy() const {
  if (made_.bytes == 0 || made_.bytes > made_.total_bytes)
    return std::nullopt;
  auto took = std::chrono::duration<double>{rules::elapsed(copying_since_, now_of(self_))}.count();
  auto missing = static_cast<double>(made_.total_bytes - made_.bytes);
  return static_cast<std::uint64_t>(
      std::min(missing * took / static_cast<double>(made_.bytes), 1e12));
}

void snapshot_keeper_state::finish(const messages::digest_known& history) {
  auto seal = [this, history](const snapshot_origin& here) {
    self_
        ->request(setup_->builder, copy_within,
                  messages::finish_outgoing{here.timeline, here.term, *history.value,
                                            history.last_term, *history.producers})
        .then([this](const messages::outgoing_found& x) { take_built(x.snapshot); },
              [this](const caf::error& why) { fail("", why); });
  };
  identify(seal, [this](const caf::error& why) { fail("", why); });
}

/// Whoever it was made for may have broken off meanwhile, and comes back.
void snapshot_keeper_state::take_built(const messages::built_snapshot_ptr& built) {
  is_busy_ = false;
  snapshot_ = built;
  made_ = {"building", no_lsn, 0, 0, std::nullopt};
  note_success();
  setup_->context.log->info("snapshot stands ready at_lsn={} term={} bytes={} chunks={}",
                            built->at.value, built->term.value, built->bytes,
                            built->chunk_bytes.size());
  if (waiting_.empty())
    demand_.inherit(now_of(self_));
  settle();
}

void snapshot_keeper_state::fail(const std::string& what, const caf::error& why) {
  is_busy_ = false;
  auto reason = what + describe(why);
  note_failure(reason);
  refuse_all_waiting(code_of(why), reason);
  give_up();
}

void snapshot_keeper_state::try_later(const std::string& reason) {
  auto now = now_of(self_);
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto& replica = i->second;
    if (!replica.late_since)
      replica.late_since = now;
    if (rules::elapsed(*replica.late_since, now) < setup_->settings.state_within) {
      ++i;
      continue;
    }
    refuse(replica.who, {true, replica.attempt, errc::timed_out, reason});
    i = stop_waiting(i);
  }
  if (!snapshot_)
    give_up();
  // Busy until then: nothing else is begun.
  self_->delayed_send(self_, setup_->settings.retry_every, messages::timer_fired{retry_timer});
  arm_tick();
}

// -- the log behind it -----------------------------------------------------------------------

void snapshot_keeper_state::pin(lsn after, std::function<void()> then) {
  if (!setup_->registry)
    return then();
  self_->request(setup_->registry, answer_within, messages::pin_log{after})
      .then(
          [this, then](const messages::log_pinned& x) {
            unpin();
            pin_ = x.pin;
            then();
          },
          [this](const caf::error& why) { fail("the log cannot be kept: ", why); });
}

void snapshot_keeper_state::unpin() {
  if (pin_)
    self_->send(setup_->registry, messages::unpin_log{*pin_});
  pin_.reset();
}

// -- what is said of it ----------------------------------------------------------------------

void snapshot_keeper_state::note_failure(const std::string& reason) {
  failure_ = reason;
  if (failures_.failed(reason, now_of(self_)) != rules::outage_news::goes_on)
    setup_->context.log->error("no snapshot can be given node={} reason=\"{}\"",
                               setup_->context.node, reason);
}

void snapshot_keeper_state::note_success() {
  failure_.clear();
  if (auto ended = failures_.succeeded(now_of(self_)))
    setup_->context.log->info("snapshots can be given again node={} failures={} reason=\"{}\"",
                              setup_->context.node, ended->failures, ended->last_reason);
}

} // namespace sluice::actors
