#include "replication/slot_forecast.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::replication {

namespace {

/// A burst is forgotten, and a new rate believed, within half a minute.
constexpr double memory_seconds = 10;

template <class T>
void lower(std::optional<T>& least, T value) {
  least = std::min(least.value_or(value), value);
}

constexpr std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) {
  return limit > used ? limit - used : 0;
}

std::optional<std::uint64_t> bytes_left(const slot& x, const retention_facts& facts,
                                        const slot_limits& limits, std::uint64_t retained,
                                        bool holds_floor) {
  std::optional<std::uint64_t> left;
  if (limits.pinned_bytes_max > 0)
    lower(left, left_of(limits.pinned_bytes_max, retained));
  auto records = distance(x.restart_lsn, facts.log->last());
  if (limits.pinned_records_max > 0 && records > 0)
    lower(left, left_of(limits.pinned_records_max, records) * (retained / records));
  if (holds_floor && facts.room.free_bytes_min > 0)
    lower(left, left_of(facts.room.free_bytes, facts.room.free_bytes_min));
  return left;
}

} // namespace

void growth_rate::observe(monotonic_ns now, std::uint64_t value) {
  if (observed_at_) {
    auto seconds = std::chrono::duration<double>{elapsed(*observed_at_, now)}.count();
    if (seconds <= 0)
      return;
    auto rate = (static_cast<double>(value) - static_cast<double>(value_)) / seconds;
    auto faded = std::exp(-seconds / memory_seconds);
    sum_ = sum_ * faded + rate * (1 - faded);
    weight_ = weight_ * faded + (1 - faded);
  }
  observed_at_ = now;
  value_ = value;
}

slot_forecast forecast(const slot& x, const retention_facts& facts, const growth_rate& growth,
                       bool holds_floor) {
  slot_forecast result;
  result.retained_bytes = facts.log->bytes_after(x.restart_lsn);
  if (!x.is_valid())
    return result;
  auto limits = limits_of(x, facts.slot_defaults, *facts.declared);
  result.safe_bytes_left = bytes_left(x, facts, limits, result.retained_bytes, holds_floor);
  auto rate = growth.per_second();
  if (result.safe_bytes_left && rate >= 1)
    lower(result.seconds_until_lost, static_cast<double>(*result.safe_bytes_left) / rate);
  if (!x.is_active && limits.idle_timeout.count() > 0) {
    auto left = limits.idle_timeout - idle_time(x, facts.now);
    lower(result.seconds_until_lost, std::max(0.0, std::chrono::duration<double>{left}.count()));
  }
  return result;
}

} // namespace sluice::replication
