#include "replication/backoff.hpp"

#include <algorithm>

namespace sluice::replication {

std::chrono::nanoseconds next_delay(std::uint32_t attempt, std::uint64_t random,
                                    const backoff_limits& limits) {
  auto full = std::min(limits.min, limits.max);
  for (std::uint32_t i = 1; i < attempt && full < limits.max; ++i)
    full = full > limits.max / 2 ? limits.max : full * 2;
  auto half = full / 2;
  auto spread = static_cast<std::uint64_t>((full - half).count());
  return half + std::chrono::nanoseconds{static_cast<std::int64_t>(random % (spread + 1))};
}

} // namespace sluice::replication
