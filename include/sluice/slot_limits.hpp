#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice {

/// What a slot may cost before it is invalidated. 0 in any of them: no limit.
struct slot_limits {
  /// Bytes of log that it pins.
  std::uint64_t pinned_bytes_max = 0;
  std::uint64_t pinned_records_max = 0;
  /// Never held against a declared member, whose absence must not cost it its log.
  std::chrono::milliseconds idle_timeout{0};
  friend bool operator==(const slot_limits&, const slot_limits&) = default;
};

/// The limits that one slot has of its own; for the others the node's defaults hold, as
/// they are at the moment.
struct slot_limit_overrides {
  std::optional<std::uint64_t> pinned_bytes_max;
  std::optional<std::uint64_t> pinned_records_max;
  std::optional<std::chrono::milliseconds> idle_timeout;
  friend bool operator==(const slot_limit_overrides&, const slot_limit_overrides&) = default;

  bool is_empty() const { return !pinned_bytes_max && !pinned_records_max && !idle_timeout; }
};

/// `defaults`, and what the slot has of its own instead.
inline slot_limits merged(const slot_limits& defaults, const slot_limit_overrides& own) {
  return {own.pinned_bytes_max.value_or(defaults.pinned_bytes_max),
          own.pinned_records_max.value_or(defaults.pinned_records_max),
          own.idle_timeout.value_or(defaults.idle_timeout)};
}

} // namespace sluice
