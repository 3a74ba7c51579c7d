#include "actors/applied_desk.hpp"

#include "actors/applied_waits.hpp"
#include "actors/deadline_timer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>

namespace sluice::actors {

namespace {

/// One question waits for so long; then it is asked again.
constexpr auto ask_within = std::chrono::minutes{1};
constexpr auto answer_within = ask_within + std::chrono::seconds{30};
constexpr auto ask_again_after = std::chrono::seconds{1};

class applied_desk_state {
public:
  static constexpr const char* name = "sluice.applied_desk";
  using self_pointer = messages::applied_desk_actor::stateful_pointer<applied_desk_state>;

  void init(self_pointer self, applied_desk_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    applied_ = setup_->applied;
    allowed_ = applied_;
  }

  void attach(const messages::attach_applier& x) {
    applier_ = caf::actor_cast<messages::replica_applier_actor>(x.applier);
    ask();
  }

  void note(const messages::records_applied& x) {
    applied_ = x.applied;
    self_->send(setup_->registry, x);
    waits_.advance(applied());
  }

  caf::result<messages::applied_position> await(const messages::await_applied& request) {
    auto answer = answer_applied(self_, waits_, request, applied(), now_of(self_));
    arm();
    return answer;
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (!timer_.takes(fired))
      return;
    auto now = now_of(self_);
    waits_.expire(now, applied());
    if (ask_at_ <= now)
      ask();
    arm();
  }

private:
  /// What has committed since; one question is under way at a time.
  void ask() {
    ask_at_ = replication::end_of_time;
    self_
        ->request(setup_->committed, answer_within,
                  messages::await_applied{next(allowed_), ask_within})
        .then([self = self_](
                  const messages::applied_position& x) { self->state.allow(x.applied.lsn); },
              [self = self_](const caf::error&) { self->state.ask_later(); });
  }

  void allow(lsn through) {
    if (through > allowed_) {
      allowed_ = through;
      self_->send(applier_, messages::apply_through{allowed_});
    }
    ask();
  }

  /// Too many wait there, or it is closing.
  void ask_later() {
    ask_at_ = replication::later(now_of(self_), ask_again_after);
    arm();
  }

  /// The reader knows the timeline and the term.
  bookmark applied() const { return {{}, {}, applied_}; }

  void arm() { timer_.arm(self_, std::min(ask_at_, waits_.next_deadline())); }

  self_pointer self_ = nullptr;
  std::optional<applied_desk_setup> setup_;
  messages::replica_applier_actor applier_;
  lsn applied_;
  lsn allowed_;
  replication::monotonic_ns ask_at_ = replication::end_of_time;
  applied_waits waits_;
  deadline_timer timer_;
};

messages::applied_desk_actor::behavior_type applied_desk(applied_desk_state::self_pointer self,
                                                         applied_desk_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::records_applied& x) { self->state.note(x); },
      [self](const messages::attach_applier& x) { self->state.attach(x); },
      [self](const messages::await_applied& x) { return self->state.await(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

messages::applied_desk_actor spawn_applied_desk(caf::actor_system& system,
                                                applied_desk_setup setup) {
  return system.spawn(applied_desk, std::move(setup));
}

} // namespace sluice::actors
