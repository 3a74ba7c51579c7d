#pragma once

#include "replication/monotonic_time.hpp"

#include <sluice/slot_limits.hpp>
#include <sluice/types.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::replication {

/// Why a slot no longer holds the log back. Stored: a number is never used again.
enum class invalidation_cause : std::uint8_t {
  /// It pinned more bytes or records than its limits allow.
  horizon = 1,
  /// Its replica was silent for longer than its limit.
  idle_timeout = 2,
  /// What it needs next is no longer there.
  wal_removed = 3,
  /// The volume had less free space than the floor.
  disk_pressure = 4,
};

/// `idle_timeout`
std::string to_string(invalidation_cause cause);

/// Reads what `to_string` writes, and RedDB's `idle-timeout`, `wal-removed`.
std::optional<invalidation_cause> parse_invalidation_cause(std::string_view text);

struct slot_invalidation {
  invalidation_cause cause = invalidation_cause::horizon;
  /// By the wall clock, for people.
  timestamp_ms at;
  friend bool operator==(const slot_invalidation&, const slot_invalidation&) = default;
};

/// A replica's durable claim on the log: the primary keeps every record after
/// `restart_lsn` while the slot is valid. Owned by the slot registry.
/// @invariant restart_lsn >= confirmed_flush_lsn >= confirmed_apply_lsn
struct slot {
  std::string id;
  /// The directory that the positions are of; {0} until a replica has joined under the id.
  storage_id storage;
  /// The slot has passed this record and needs what follows: its replica resumes after it.
  lsn restart_lsn;
  /// What the replica said that it has durable, and applied. Grow within one `storage`.
  lsn confirmed_flush_lsn;
  lsn confirmed_apply_lsn;
  /// None: valid. An invalidated slot pins nothing and its replica's acks don't count.
  std::optional<slot_invalidation> invalidated;
  /// Instead of the node's defaults.
  slot_limit_overrides limits;
  /// Whether its replica is connected; says nothing of the slot's worth.
  bool is_active = false;
  /// When its replica was last heard. Decides, together with `idle_before`, what is idle.
  monotonic_ns heard_at;
  /// How long it had been idle when the primary last went down: down time doesn't count.
  std::chrono::milliseconds idle_before{0};
  /// The same moment by the wall clock, for people; decides nothing.
  timestamp_ms last_seen;
  friend bool operator==(const slot&, const slot&) = default;

  bool is_valid() const { return !invalidated.has_value(); }
};

/// How long nothing was heard of the slot's replica, over the primary's lives; zero while
/// it is connected.
std::chrono::nanoseconds idle_time(const slot& x, monotonic_ns now);

} // namespace sluice::replication
