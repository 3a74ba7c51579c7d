#pragma once

#include "actors/context.hpp"
#include "messages/local.hpp"

#include <cstdint>

namespace sluice::actors {

/// One timer of an actor, for the earliest of its deadlines. CAF cannot cancel a message that
/// was sent for later, so a generation tells those that are out of date.
class deadline_timer {
public:
  /// @param kind tells it from other timers of the actor: its generations are congruent to
  ///   it modulo `kinds`
  explicit deadline_timer(std::uint64_t kind = 0) : kind_(kind), generation_(kind) {}

  static constexpr std::uint64_t kinds = 16;

  /// Arms it for `deadline`, unless it fires earlier anyway.
  template <class Self>
  void arm(Self* self, replication::monotonic_ns deadline) {
    if (deadline >= armed_for_)
      return;
    armed_for_ = deadline;
    generation_ += kinds;
    self->delayed_send(self, replication::elapsed(now_of(self), deadline),
                       messages::timer_fired{generation_});
  }

  /// Whether `fired` is this timer's and not out of date; then it stands still until armed.
  bool takes(const messages::timer_fired& fired) {
    if (fired.generation != generation_ || armed_for_ == replication::end_of_time)
      return false;
    armed_for_ = replication::end_of_time;
    return true;
  }

  bool is_of_kind(const messages::timer_fired& fired) const {
    return fired.generation % kinds == kind_;
  }

private:
  std::uint64_t kind_;
  std::uint64_t generation_;
  replication::monotonic_ns armed_for_ = replication::end_of_time;
};

} // namespace sluice::actors
