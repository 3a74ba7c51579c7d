#pragma once

#include "replication/snapshot_rule.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::actors {

/// How a node gives snapshots.
struct snapshot_settings {
  /// Large enough that a chunk's cost on the way is its bytes; lost when a connection breaks is
  /// at most a window of them.
  std::uint64_t chunk_bytes = 1024 * 1024;
  /// Chunks that are read are kept in memory for other replicas that need them next.
  std::size_t cached_chunks_max = 8;
  replication::snapshot_limits limits;
  /// Replicas that are served, or wait, at once; beyond it `overloaded`. Each takes a window and
  /// a chunk of memory.
  std::size_t replicas_max = 16;
  /// How long a state may be behind what is asked for before that is refused.
  std::chrono::milliseconds state_within{20'000};
  std::chrono::milliseconds retry_every{500};
  /// For how long it stands ready for a replica that broke off.
  std::chrono::milliseconds kept_for{std::chrono::minutes{10}};
  /// How often who waits is told so, and the status is brought up to date.
  std::chrono::milliseconds tell_every{1000};
  std::chrono::milliseconds log_every{5000};
  /// A replica that owes an answer for so long is given up; it may be writing to a slow disk.
  std::chrono::milliseconds silent_after{60'000};
  /// One that has all of it says nothing while it is installed.
  std::chrono::milliseconds install_within{std::chrono::minutes{60}};
};

} // namespace sluice::actors
