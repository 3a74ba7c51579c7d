#pragma once

#include "replication/retention_rule.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice::replication {

/// How fast a measured value grows, by its last half minute or so; right at once when the
/// growth is steady.
class growth_rate {
public:
  void observe(monotonic_ns now, std::uint64_t value);

  /// A second; negative while it shrinks, 0 before two observations.
  double per_second() const { return weight_ == 0 ? 0 : sum_ / weight_; }

private:
  std::optional<monotonic_ns> observed_at_;
  std::uint64_t value_ = 0;
  /// Of observed rates, the older the lighter.
  double sum_ = 0;
  double weight_ = 0;
};

/// What a slot holds back, and how long it may go on.
struct slot_forecast {
  std::uint64_t retained_bytes = 0;
  /// What may be appended before it is given up, if it stands still; none without a limit.
  std::optional<std::uint64_t> safe_bytes_left;
  /// At the present rate; none when it is not on its way to any limit.
  std::optional<double> seconds_until_lost;
  friend bool operator==(const slot_forecast&, const slot_forecast&) = default;
};

/// @param growth of the bytes that the slot holds back
/// @param holds_floor whether a full volume would cost this slot first
slot_forecast forecast(const slot& x, const retention_facts& facts, const growth_rate& growth,
                       bool holds_floor);

} // namespace sluice::replication
