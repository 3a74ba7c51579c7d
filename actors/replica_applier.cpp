#include "actors/replica_applier.hpp"

#include "actors/placement.hpp"
#include "persistence/spool_reader.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace sluice::actors {

namespace {

constexpr auto read_deadline = std::chrono::seconds{30};
constexpr auto retry_after = std::chrono::seconds{1};

class applier_state {
public:
  static constexpr const char* name = "sluice.replica_applier";
  using self_pointer = messages::replica_applier_actor::stateful_pointer<applier_state>;

  void init(self_pointer self, applier_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    applied_ = setup_->target->applied();
    self->send(setup_->listener, messages::records_applied{applied_, 0});
  }

  void allow(lsn through) {
    allowed_ = std::max(allowed_, through);
    read_on();
  }

  void retry(std::uint64_t generation) {
    if (generation != generation_)
      return;
    busy_ = false;
    read_on();
  }

  /// Nobody's code runs while this does: what is being read is forgotten.
  messages::applying_paused pause() {
    ++generation_;
    is_paused_ = true;
    busy_ = false;
    return {};
  }

  void resume() {
    is_paused_ = false;
    failing_ = false;
    applied_ = setup_->target->applied();
    allowed_ = applied_;
    self_->send(setup_->listener, messages::records_applied{applied_, errors_});
  }

private:
  void read_on() {
    if (busy_ || is_paused_ || applied_ >= allowed_)
      return;
    busy_ = true;
    messages::read_batches request;
    request.after = applied_;
    request.through = allowed_;
    self_->request(setup_->buffer, read_deadline, request)
        .then(
            [self = self_, generation = generation_](const messages::batches_read& x) {
              if (generation == self->state.generation_)
                self->state.apply(*x.batches);
            },
            [self = self_, generation = generation_](const caf::error& why) {
              if (generation == self->state.generation_)
                self->state.fail(describe(why));
            });
  }

  void apply(const std::vector<frame_batch>& batches) {
    // The log was cut below what may be applied, or is about to go on.
    if (batches.empty()) {
      self_->delayed_send(self_, retry_after, messages::timer_fired{generation_});
      return;
    }
    for (const auto& batch : batches) {
      auto records = persistence::decode_records(batch, applied_, allowed_);
      if (!records)
        return fail(describe(records.error()));
      if (records->empty())
        continue;
      if (auto err = setup_->target->apply(*records))
        return fail("the applier refused LSN " + to_string(records->front().lsn) + ": "
                    + describe(err));
      applied_ = records->back().lsn;
    }
    failing_ = false;
    busy_ = false;
    self_->send(setup_->listener, messages::records_applied{applied_, errors_});
    read_on();
  }

  /// Stays busy until the retry; said once for each run of failures.
  void fail(const std::string& reason) {
    ++errors_;
    if (!std::exchange(failing_, true))
      setup_->context.log->warn("cannot apply, will try again applied_lsn={} reason=\"{}\"",
                                applied_.value, reason);
    self_->send(setup_->listener, messages::records_applied{applied_, errors_});
    self_->delayed_send(self_, retry_after, messages::timer_fired{generation_});
  }

  self_pointer self_ = nullptr;
  std::optional<applier_setup> setup_;
  lsn applied_;
  lsn allowed_;
  /// What was begun before a pause is of an older one.
  std::uint64_t generation_ = 0;
  bool is_paused_ = false;
  bool busy_ = false;
  bool failing_ = false;
  std::uint64_t errors_ = 0;
};

messages::replica_applier_actor::behavior_type replica_applier(applier_state::self_pointer self,
                                                               applier_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::apply_through& x) { self->state.allow(x.through); },
      [self](const messages::timer_fired& x) { self->state.retry(x.generation); },
      [self](const messages::pause_applying&) { return self->state.pause(); },
      [self](const messages::resume_applying&) { self->state.resume(); },
  };
}

} // namespace

messages::replica_applier_actor spawn_replica_applier(caf::actor_system& system,
                                                      applier_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, replica_applier, std::move(setup));
}

} // namespace sluice::actors
