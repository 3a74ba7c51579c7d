#pragma once

#include "messages/pending_append.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace sluice::net {

/// What lies between the callers' threads and a client's link: appends that the link has not
/// taken yet, and how many are unanswered. Thread safe. Both sides wake each other once for
/// many appends, not for each: a wake-up costs more than everything else about an append.
class client_flight {
public:
  explicit client_flight(std::size_t in_flight_max) : in_flight_max_(in_flight_max) {}

  /// Blocks until one more may be in flight.
  void enter();

  /// Hands one over to the link. @returns whether the link must be told: what it has not
  /// taken since the last time goes with the same word
  [[nodiscard]] bool put(messages::append_ptr item);

  /// Everything that was put, oldest first.
  std::vector<messages::append_ptr> take();

  /// One was answered. Whoever waits learns it from `wake`, or when it was the last one.
  void leave();

  /// Wakes who waits to enter, if there is room now.
  void wake();

  /// Blocks until none is in flight.
  void drain();

private:
  std::size_t in_flight_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t in_flight_ = 0;
  std::size_t waiting_ = 0;
  std::vector<messages::append_ptr> untaken_;
};

} // namespace sluice::net
