#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::actors {

/// The latencies of the last 4,096 commits, for status.
class latency_window {
public:
  void add(std::chrono::nanoseconds latency) {
    samples_[count_++ % samples_.size()] =
        static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0)) / 1000;
  }

  /// In microseconds; `share` in [0, 1]; 0 without samples.
  std::uint64_t percentile_us(double share) const {
    std::vector<std::uint64_t> sorted(
        samples_.begin(),
        samples_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, samples_.size())));
    if (sorted.empty())
      return 0;
    auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank),
                     sorted.end());
    return sorted[rank];
  }

private:
  std::array<std::uint64_t, 4096> samples_{};
  std::size_t count_ = 0;
};

} // namespace sluice::actors
