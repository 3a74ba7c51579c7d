#pragma once

#include "replication/members.hpp"
#include "replication/replica.hpp"

#include <sluice/types.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace sluice::replication {

/// What a primary knows of the replica that is to take over from it.
struct handover_target {
  std::string id;
  /// None: nobody of that name has joined.
  bool is_known = false;
  bool is_connected = false;
  bool slot_valid = true;
  bool rebootstrapping = false;
  lsn flushed;
  /// What it lacks, in bytes of log; estimated.
  std::uint64_t lag_bytes = 0;
};

struct handover_limits {
  /// More than that is caught up before writers are paused for it.
  std::uint64_t lag_bytes_max = 16ull * 1024 * 1024;
  /// Writers are paused so long for it to catch up.
  std::chrono::milliseconds catch_up_within{2000};
  /// Once it has everything, commits that wait for others are waited for so long.
  std::chrono::milliseconds commits_within{200};
  /// Then it has so long to be granted the term before writers go on.
  std::chrono::milliseconds grant_within{1000};
};

struct handover_possible {
  friend bool operator==(const handover_possible&, const handover_possible&) = default;
};

/// Only a declared member may become the primary of a cluster that has members.
struct handover_to_stranger {
  friend bool operator==(const handover_to_stranger&, const handover_to_stranger&) = default;
};

enum class handover_obstacle : std::uint8_t { not_joined, not_connected, slot_lost, starts_over };

struct handover_not_following {
  handover_obstacle obstacle = handover_obstacle::not_joined;
  friend bool operator==(const handover_not_following&, const handover_not_following&) = default;
};

struct handover_too_far_behind {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const handover_too_far_behind&, const handover_too_far_behind&) = default;
};

using handover_verdict = std::variant<handover_possible, handover_to_stranger,
                                      handover_not_following, handover_too_far_behind>;

/// Whether a primary whose log is durable through `durable` may pause its writers for `target`:
/// only for one that will have everything within a moment.
handover_verdict judge_handover(const handover_target& target, const members& declared, lsn durable,
                                const handover_limits& limits = {});

/// What to do about a log that stands still at `paused_at` for `target`.
enum class handover_step : std::uint8_t {
  wait,
  /// It has everything: it may take over.
  hand_over,
  /// It takes too long, or is gone: writers go on.
  give_up,
};

struct handover_progress {
  lsn paused_at;
  std::chrono::nanoseconds paused_for{0};
  /// Since the target had everything; none while it has not.
  std::optional<std::chrono::nanoseconds> complete_for;
  /// Commits that wait for their policy.
  std::uint64_t commits_waiting = 0;
};

/// Who waits for a commit is answered before the log is handed over, if that takes no longer
/// than `commits_within`: afterwards it would be told that the outcome is not known.
handover_step next_handover_step(const handover_progress& now, const handover_limits& limits = {});

} // namespace sluice::replication
