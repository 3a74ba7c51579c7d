#pragma once

#include "messages/cluster_facts.hpp"

#include <sluice/errc.hpp>
#include <sluice/payload.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <string>

/// The messages by which a replica gets the embedder's state that the log no longer gives it
/// (docs/PROTOCOL.md, "A snapshot"). Each `attempt` is the replica's number of a connection to
/// whoever sends it; what bears another one is of an earlier connection.
namespace sluice::messages {

/// Of an encoded manifest.
inline constexpr std::uint64_t manifest_bytes_max = 32ull * 1024 * 1024;

/// The gate tells a replica that its log cannot go on where its state ends: it is to get a
/// snapshot, then to say hello again. Its slot keeps what follows `at_least`.
struct snapshot_needed {
  bool well_formed = true;
  std::string cluster;
  sluice::term term;
  timeline_id timeline;
  /// That of the hello which it answers.
  connect_sequence sequence;
  /// A snapshot of an earlier LSN is of no use: the log behind it is gone.
  lsn at_least;
  /// `horizon`, `idle_timeout`, `disk_pressure`, `wal_removed` or `diverged`; for a person.
  std::string cause;
  cluster_facts facts = {};
  friend bool operator==(const snapshot_needed&, const snapshot_needed&) = default;
};

/// A replica asks any node's gate for a snapshot; answered by `snapshot_building` while there
/// is none yet, then by `snapshot_offer`, or by `snapshot_refused`. Who answers is asked on.
struct snapshot_request {
  bool well_formed = true;
  std::uint32_t protocol = 1;
  std::string cluster;
  std::string node;
  std::uint64_t attempt = 0;
  sluice::term term;
  lsn at_least;
  friend bool operator==(const snapshot_request&, const snapshot_request&) = default;
};

/// There is none, or it ends; the reason is for a person.
struct snapshot_refused {
  bool well_formed = true;
  std::uint64_t attempt = 0;
  errc code = errc::ok;
  std::string reason;
  friend bool operator==(const snapshot_refused&, const snapshot_refused&) = default;
};

/// It is being built; said at least once a second.
struct snapshot_building {
  bool well_formed = true;
  std::uint64_t attempt = 0;
  std::uint64_t bytes = 0;
  /// 0: not known.
  std::uint64_t total_bytes = 0;
  friend bool operator==(const snapshot_building&, const snapshot_building&) = default;
};

/// What it consists of. Nothing is sent before the replica has answered `snapshot_staged`.
struct snapshot_offer {
  bool well_formed = true;
  std::uint64_t attempt = 0;
  std::string cluster;
  sluice::term term;
  /// The file `manifest` (docs/FORMAT.md, "Snapshot").
  std::string manifest;
  friend bool operator==(const snapshot_offer&, const snapshot_offer&) = default;
};

/// One chunk, as the manifest names it; they come in order.
struct snapshot_chunk {
  bool well_formed = true;
  std::uint64_t attempt = 0;
  std::uint64_t index = 0;
  payload bytes;
  friend bool operator==(const snapshot_chunk&, const snapshot_chunk&) = default;
};

/// The replica holds the first `chunks` of it, verified: the sending begins, or goes on.
/// Cumulative.
struct snapshot_staged {
  bool well_formed = true;
  std::uint64_t attempt = 0;
  std::uint64_t chunks = 0;
  /// It is installed, or no longer wanted: nothing needs to be kept for this replica.
  bool is_over = false;
  friend bool operator==(const snapshot_staged&, const snapshot_staged&) = default;
};

} // namespace sluice::messages
