#include "actors/snapshot_sender.hpp"

#include "actors/placement.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <spdlog/spdlog.h>

#include <optional>

namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

/// A disk that takes longer has failed.
constexpr auto read_deadline = std::chrono::seconds{60};

constexpr std::uint64_t tick_timer = 1;
constexpr std::uint64_t rate_timer = 2;

class sender_state {
public:
  static constexpr const char* name = "sluice.snapshot_sender";
  using self_pointer = messages::snapshot_sender_actor::stateful_pointer<sender_state>;

  void init(self_pointer self, snapshot_sender_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    transfer_.emplace(setup_->snapshot->chunk_bytes, setup_->settings.limits);
    moved_at_ = now_of(self);
    logged_at_ = moved_at_;
    self->set_down_handler([self](const caf::down_msg&) { self->state.end(false); });
    self->monitor(setup_->who);
    self->send(sink(), messages::snapshot_offer{true, setup_->attempt, setup_->cluster,
                                                setup_->term, setup_->snapshot->manifest});
    self->delayed_send(self, setup_->settings.tell_every, messages::timer_fired{tick_timer});
    note_progress();
  }

  void take(const messages::snapshot_staged& x) {
    if (!x.well_formed || x.attempt != setup_->attempt)
      return;
    moved_at_ = now_of(self_);
    if (x.is_over)
      return end(true);
    if (!has_begun_)
      begin(x.chunks);
    else
      transfer_->confirmed(x.chunks);
    pump();
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (fired.generation == rate_timer) {
      is_rate_armed_ = false;
      return pump();
    }
    auto now = now_of(self_);
    // Before it begins it reads again what it has staged.
    auto is_at_its_disk = !has_begun_ || is_all_confirmed();
    auto patience =
        is_at_its_disk ? setup_->settings.install_within : setup_->settings.silent_after;
    if (rules::elapsed(moved_at_, now) > patience) {
      log().warn(
          "replica is silent, it is sent no more of the snapshot replica={} term={} at_lsn={}",
          setup_->node, setup_->term.value, setup_->snapshot->at.value);
      return end(false);
    }
    note_progress();
    if (rules::elapsed(logged_at_, now) >= setup_->settings.log_every)
      log_progress(now);
    self_->delayed_send(self_, setup_->settings.tell_every, messages::timer_fired{tick_timer});
  }

private:
  spdlog::logger& log() const { return *setup_->context.log; }

  messages::snapshot_sink_actor sink() const {
    return caf::actor_cast<messages::snapshot_sink_actor>(setup_->who);
  }

  void begin(std::uint64_t staged) {
    has_begun_ = true;
    transfer_->resume(static_cast<std::size_t>(staged), now_of(self_));
    log().info("snapshot is sent replica={} term={} at_lsn={} bytes={} from_chunk={}", setup_->node,
               setup_->term.value, setup_->snapshot->at.value, setup_->snapshot->bytes, staged);
  }

  /// One chunk is asked for at a time: the window is the replica's, not memory here.
  void pump() {
    if (!has_begun_ || is_reading_)
      return;
    auto step = transfer_->next(now_of(self_));
    if (const auto* chunk = std::get_if<rules::send_chunk>(&step))
      read(chunk->index);
    else if (const auto* time = std::get_if<rules::await_time>(&step))
      wait_until(time->until);
  }

  void wait_until(rules::monotonic_ns until) {
    if (!std::exchange(is_rate_armed_, true))
      self_->delayed_send(self_, rules::elapsed(now_of(self_), until),
                          messages::timer_fired{rate_timer});
  }

  void read(std::size_t index) {
    is_reading_ = true;
    self_
        ->request(setup_->builder, read_deadline,
                  messages::read_chunk{setup_->snapshot->number, index})
        .then([self = self_,
               index](const messages::chunk_read& x) { self->state.send_on(index, x.bytes); },
              [self = self_](const caf::error& why) { self->state.fail(why); });
  }

  void send_on(std::size_t index, const payload& bytes) {
    is_reading_ = false;
    moved_at_ = now_of(self_);
    transfer_->sent(moved_at_);
    self_->send(sink(), messages::snapshot_chunk{true, setup_->attempt, index, bytes});
    pump();
  }

  /// The keeper tells the replica, and gives up what cannot be read.
  void fail(const caf::error& why) {
    self_->send(setup_->keeper,
                messages::serving_ended{setup_->node, setup_->attempt, false,
                                        "the snapshot cannot be read: " + describe(why)});
    self_->quit();
  }

  void end(bool is_over) {
    if (is_over)
      log().info("replica needs the snapshot no more replica={} term={} at_lsn={}", setup_->node,
                 setup_->term.value, setup_->snapshot->at.value);
    self_->send(setup_->keeper,
                messages::serving_ended{setup_->node, setup_->attempt, is_over, {}});
    self_->quit();
  }

  bool is_all_confirmed() const {
    return has_begun_
           && std::holds_alternative<rules::all_confirmed>(transfer_->next(now_of(self_)));
  }

  snapshot_progress progress() const {
    auto known = transfer_->progress(now_of(self_));
    snapshot_progress x;
    x.stage = is_all_confirmed() ? "installing" : "sending";
    x.at = setup_->snapshot->at;
    x.bytes = known.confirmed_bytes;
    x.total_bytes = known.total_bytes;
    if (known.remaining && has_begun_ && !is_all_confirmed())
      x.seconds_left = static_cast<std::uint64_t>(known.remaining->count());
    return x;
  }

  void note_progress() {
    self_->send(setup_->keeper, messages::note_served{{setup_->node, progress()}});
  }

  void log_progress(rules::monotonic_ns now) {
    logged_at_ = now;
    auto x = progress();
    auto percent = x.total_bytes == 0 ? 100 : 100 * x.bytes / x.total_bytes;
    log().info("snapshot replica={} term={} at_lsn={} stage={} bytes={} of={} percent={} eta_s={}",
               setup_->node, setup_->term.value, x.at.value, x.stage, x.bytes, x.total_bytes,
               percent, x.seconds_left ? std::to_string(*x.seconds_left) : "-");
  }

  self_pointer self_ = nullptr;
  std::optional<snapshot_sender_setup> setup_;
  std::optional<rules::snapshot_transfer> transfer_;
  /// The replica has said what it holds.
  bool has_begun_ = false;
  bool is_reading_ = false;
  bool is_rate_armed_ = false;
  /// When it was heard, or sent something, last.
  rules::monotonic_ns moved_at_;
  rules::monotonic_ns logged_at_;
};

messages::snapshot_sender_actor::behavior_type snapshot_sender(sender_state::self_pointer self,
                                                               snapshot_sender_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::snapshot_staged& x) { self->state.take(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

messages::snapshot_sender_actor spawn_snapshot_sender(caf::actor_system& system,
                                                      snapshot_sender_setup setup) {
  auto* network = setup.context.network;
  return spawn_near_network(system, network, snapshot_sender, std::move(setup));
}

} // namespace sluice::actors
