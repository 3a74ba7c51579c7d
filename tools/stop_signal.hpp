#pragma once

#include "tools/exit_status.hpp"

#include <chrono>

namespace sluice::tools {

/// SIGTERM and SIGINT as something to wait for. Made before any thread: threads inherit
/// that the signals are blocked. A write to a closed pipe becomes an error, too.
class stop_signal {
public:
  stop_signal();

  /// Blocks until one of them arrives.
  void wait();

  /// Whether one arrives within `timeout`.
  bool wait_for(std::chrono::milliseconds timeout);
};

/// Says `why` and ends the process with `status` when it has not ended by itself after
/// `timeout`.
void end_within(std::chrono::milliseconds timeout, exit_status status, const char* why);

} // namespace sluice::tools
