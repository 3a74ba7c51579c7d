#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::tools {

/// Counts durations in buckets that are 1/32 of their value wide, whatever the number of
/// durations; never allocates.
class latency_histogram {
public:
  void add(std::chrono::nanoseconds value);
  void merge(const latency_histogram& other);

  std::uint64_t count() const { return count_; }

  /// The duration that `share` of all are not above, in microseconds; 0 when there are none.
  double quantile_us(double share) const;

private:
  static constexpr unsigned steps_bits = 5;
  static constexpr std::size_t steps = 1u << steps_bits;
  static constexpr std::size_t buckets = (64 - steps_bits + 1) * steps;

  static std::size_t bucket_of(std::uint64_t nanoseconds);
  static std::uint64_t upper_end_of(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
};

} // namespace sluice::tools
