#pragma once

#include <cstdint>

namespace sluice::replication {

/// One end of a switchover as it is seen from outside.
struct switchover_end {
  bool is_reachable = false;
  bool is_primary = false;
  /// It takes appends.
  bool is_serving = false;
};

struct switchover_view {
  switchover_end former;
  switchover_end target;
  bool has_members = false;
  /// Nobody can be under way to take over any more: the pause is over by itself.
  bool is_pause_over = false;
  /// The target has been away for so long that it is not waited for.
  bool is_target_lost = false;
};

enum class switchover_step : std::uint8_t {
  wait,
  /// The target is the primary and takes appends.
  done,
  /// The old primary is the primary still, or again.
  unchanged,
  /// The old primary has stopped and the target has not begun: it is asked again.
  promote_target,
  /// The same with the target gone. Only with members: without them the target may have begun, and
  /// would go on when it comes back.
  promote_former,
};

/// How a switchover whose answer is missing, or was no, is brought to an end.
switchover_step settle_switchover(const switchover_view& seen);

} // namespace sluice::replication
