#include "tools/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::tools {

void latency_histogram::add(std::chrono::nanoseconds value) {
  auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++counts_[bucket_of(nanoseconds)];
  ++count_;
}

void latency_histogram::merge(const latency_histogram& other) {
  for (std::size_t i = 0; i < buckets; ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
}

double latency_histogram::quantile_us(double share) const {
  auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen > 0)
      return static_cast<double>(upper_end_of(i)) / 1000;
  }
  return 0;
}

std::size_t latency_histogram::bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < steps)
    return nanoseconds;
  auto shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - steps_bits - 1;
  return (shift + 1) * steps + ((nanoseconds >> shift) - steps);
}

std::uint64_t latency_histogram::upper_end_of(std::size_t bucket) {
  if (bucket < steps)
    return bucket;
  auto shift = bucket / steps - 1;
  return ((bucket % steps + steps + 1) << shift) - 1;
}

} // namespace sluice::tools
