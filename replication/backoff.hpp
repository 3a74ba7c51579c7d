#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::replication {

/// How long to wait between attempts. The first retry comes within 10 ms, so that a link
/// that was cut for a moment is used again within 25 ms; no wait is longer than 2 s, so
/// that a node that comes back is found soon even after a long outage.
struct backoff_limits {
  std::chrono::nanoseconds min = std::chrono::milliseconds{10};
  std::chrono::nanoseconds max = std::chrono::seconds{2};
};

/// For the time in which a primary is replaced on purpose: its successor is there within a moment,
/// and writers wait for it.
inline constexpr backoff_limits backoff_in_a_hurry{std::chrono::milliseconds{10},
                                                   std::chrono::milliseconds{50}};
inline constexpr std::chrono::milliseconds hurry_for{2000};

/// The wait before attempt `attempt`, from 1: min doubled for each attempt and capped at
/// max, of which the upper half is spread by `random`, so that replicas that lost one
/// primary together don't come back together.
std::chrono::nanoseconds next_delay(std::uint32_t attempt, std::uint64_t random,
                                    const backoff_limits& limits = {});

} // namespace sluice::replication
