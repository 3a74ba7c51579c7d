#pragma once

#include "replication/log_extent.hpp"
#include "replication/members.hpp"
#include "replication/slot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::replication {

/// What the volume still holds, and below what a slot is given up for it.
struct disk_room {
  /// Free on the volume, prepared and recycled segments included.
  std::uint64_t free_bytes = 0;
  /// 0: no floor.
  std::uint64_t free_bytes_min = 0;

  bool is_short() const { return free_bytes < free_bytes_min; }
};

/// What is kept besides what slots need.
struct retention_limits {
  /// Log that is kept although no slot needs it; yields when the volume runs full.
  std::uint64_t retain_bytes_min = 0;
  /// Log that is kept for so long although no slot needs it; yields likewise. 0: not for its age.
  std::chrono::milliseconds retain_age{0};
  friend bool operator==(const retention_limits&, const retention_limits&) = default;
};

struct retention_facts {
  const log_extent* log = nullptr;
  retention_limits limits;
  slot_limits slot_defaults;
  const members* declared = nullptr;
  disk_room room;
  /// What running snapshots need: records after it.
  std::optional<lsn> pinned_after;
  /// Where there is an archive: what it has durable.
  std::optional<lsn> archived_through;
  monotonic_ns now;
  /// Ages of records are by the wall clock, which stamped their segments.
  timestamp_ms wall_now = {};
};

struct lost_slot {
  std::string id;
  invalidation_cause cause = invalidation_cause::horizon;
  friend bool operator==(const lost_slot&, const lost_slot&) = default;
};

struct retention_plan {
  /// To be given up, durably and before anything is pruned; sorted by id.
  std::vector<lost_slot> lost;
  /// Records through here may go then; {0}: none.
  lsn prune_through;
  friend bool operator==(const retention_plan&, const retention_plan&) = default;
};

/// Which slots have passed their limits, and what may go once they are given up. A log
/// without slots is never pruned (CLI.md): its records may be all that there is.
/// O(slots · log segments).
retention_plan plan_retention(const std::vector<slot>& slots, const retention_facts& facts);

/// What holds back pruning: the least that a valid slot has passed; none without one.
std::optional<lsn> slot_floor(const std::vector<slot>& slots);

/// The limits that hold for the slot; a declared member is never given up for absence.
slot_limits limits_of(const slot& x, const slot_limits& defaults, const members& declared);

} // namespace sluice::replication
