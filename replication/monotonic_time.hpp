#pragma once

#include <sluice/strong_u64.hpp>

#include <chrono>
#include <cstdint>
#include <limits>

namespace sluice::replication {

/// A moment of the monotonic clock in nanoseconds. Rules are given one and never read it.
using monotonic_ns = strong_u64<struct monotonic_tag>;

/// Later than every moment.
inline constexpr monotonic_ns end_of_time{std::numeric_limits<std::uint64_t>::max()};

/// `start + delay`; stops at the end of time, a negative delay is none.
constexpr monotonic_ns later(monotonic_ns start, std::chrono::nanoseconds delay) {
  if (delay.count() <= 0)
    return start;
  auto step = static_cast<std::uint64_t>(delay.count());
  return step > end_of_time.value - start.value ? end_of_time : monotonic_ns{start.value + step};
}

/// `now - start`; zero when `start` lies in the future.
constexpr std::chrono::nanoseconds elapsed(monotonic_ns start, monotonic_ns now) {
  return std::chrono::nanoseconds{now > start ? static_cast<std::int64_t>(now.value - start.value)
                                              : 0};
}

} // namespace sluice::replication
