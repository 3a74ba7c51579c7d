#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice {

/// How far the slowest voter may be behind before appends are slowed (soft) and refused
/// (hard): in bytes of log that it has not made durable, and in the age of the oldest of
/// them. 0 switches a limit off.
struct flow_control_limits {
  std::uint64_t soft_bytes = 64ull * 1024 * 1024;
  std::uint64_t hard_bytes = 1024ull * 1024 * 1024;
  std::chrono::milliseconds soft_time{1000};
  std::chrono::milliseconds hard_time{30'000};
  friend bool operator==(const flow_control_limits&, const flow_control_limits&) = default;
};

/// How a primary's flow control stands.
struct flow_control_status {
  /// `off`, `open`, `slowing` or `refusing`.
  std::string state = "off";
  /// Of the slowest replica that counts; 0 when none does.
  std::uint64_t lag_bytes = 0;
  double lag_seconds = 0;
  /// Its name; empty when none counts.
  std::string slowest;
  /// Between two writes at present.
  std::uint64_t delay_us = 0;
  /// Appends that were held back, and that were refused, since the node opened.
  std::uint64_t delayed_total = 0;
  std::uint64_t refused_total = 0;
  flow_control_limits limits;
  friend bool operator==(const flow_control_status&, const flow_control_status&) = default;
};

} // namespace sluice
