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

  void retry() {
    busy_ = false;
    read_on();
  }

private:
  void read_on() {
    if (busy_ || applied_ >= allowed_)
      return;
    busy_ = true;
    messages::read_batches request;
    request.after = applied_;
    request.through = allowed_;
    self_->request(setup_->buffer, read_deadline, request)
        .then([self = self_](const messages::batches_read& x) { self->state.apply(*x.batches); },
              [self = self_](const caf::error& why) { self->state.fail(describe(why)); });
  }

  void apply(const std::vector<frame_batch>& batches) {
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
    self_->delayed_send(self_, retry_after, messages::timer_fired{});
  }

  self_pointer self_ = nullptr;
  std::optional<applier_setup> setup_;
  lsn applied_;
  lsn allowed_;
  bool busy_ = false;
  bool failing_ = false;
  std::uint64_t errors_ = 0;
};

messages::replica_applier_actor::behavior_type replica_applier(applier_state::self_pointer self,
                                                               applier_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::apply_through& x) { self->state.allow(x.through); },
      [self](const messages::timer_fired&) { self->state.retry(); },
  };
}

} // namespace

messages::replica_applier_actor spawn_replica_applier(caf::actor_system& system,
                                                      applier_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, replica_applier, std::move(setup));
}

} // namespace sluice::actors
