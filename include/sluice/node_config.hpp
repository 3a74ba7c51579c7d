#pragma once

#include <sluice/applier.hpp>
#include <sluice/commit_policy.hpp>
#include <sluice/flow_control.hpp>
#include <sluice/snapshot.hpp>
#include <sluice/types.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// Where a node listens, or is reached.
struct node_endpoint {
  std::string host = "127.0.0.1";
  /// 0 lets the system choose.
  std::uint16_t port = 4150;
  friend bool operator==(const node_endpoint&, const node_endpoint&) = default;
};

/// `host:port`, an IPv6 address in brackets.
std::string to_string(const node_endpoint& x);

/// How a node started: what its ready line says.
struct node_start {
  std::string name;
  sluice::term term;
  timeline_id timeline;
  lsn durable;
  /// Appends wait until a majority of the members has confirmed the term.
  bool confirming = false;
  /// What the directory is by now: a replica may have been promoted, a primary deposed.
  bool is_primary = false;
};

/// What every node needs. Sizes are bytes. Names follow `is_valid_name`. Nodes log through
/// the spdlog logger named "sluice", or the default logger when there is none.
struct node_config {
  /// Created when it is missing; belongs to one node for ever.
  std::filesystem::path data;
  std::string name;
  std::string region;
  /// Empty: the directory's; on first start a primary makes one up, a replica takes that
  /// of the primary it meets.
  std::string cluster;
  node_endpoint listen;
  /// Where others reach the node, when it is not `listen`: what the topology says.
  std::optional<node_endpoint> advertise;
  /// Allows an address that others than this machine reach without TLS.
  bool insecure = false;

  std::uint64_t segment_bytes = 64ull * 1024 * 1024;
  std::uint64_t record_bytes_max = 16ull * 1024 * 1024;
  /// Of recent log in memory.
  std::uint64_t buffer_bytes = 64ull * 1024 * 1024;
  /// In flight to one replica.
  std::uint64_t window_bytes = 4ull * 1024 * 1024;

  /// Optional: what is done with the records. Kept while the node is open.
  std::shared_ptr<sluice::applier> applier;
  /// Optional, with an applier: where the state comes from for a replica that cannot get it from
  /// the log, and how it is replaced here. Kept while the node is open.
  std::shared_ptr<snapshot_source> snapshots = {};
  std::shared_ptr<snapshot_sink> installs = {};
  /// Of a snapshot on its way to one replica, per second; 0: any.
  std::uint64_t snapshot_rate = 0;
};

struct primary_config : node_config {
  /// What every append gets at least. None: what was last set on the running node
  /// (`sluice policy set`), else `local`.
  std::optional<commit_policy> policy;
  /// The declared voting members, this node one of them; persisted on first start.
  std::vector<std::string> members;
  /// How many replicas may join, and slots there may be.
  std::size_t replicas_max = 1000;

  // What a replica that lags or is away may cost before its slot is given up. 0: any.
  std::uint64_t slot_bytes_max = 4ull * 1024 * 1024 * 1024;
  std::uint64_t slot_records_max = 0;
  /// Never held against a declared member.
  std::chrono::milliseconds slot_idle_timeout{std::chrono::hours{24}};
  /// Slots are given up rather than leave the volume less; none: four segments.
  std::optional<std::uint64_t> free_disk_min = {};
  /// Log that is kept although no slot needs it, unless the volume lacks the room.
  std::uint64_t retain_bytes_min = 256ull * 1024 * 1024;
  /// Log that is kept for so long although no slot needs it, by the wall clock's stamps, unless
  /// the volume lacks the room. 0: not for its age.
  std::chrono::milliseconds retain_age{0};
  /// Off under the policy `local`.
  flow_control_limits flow;
};

struct replica_config : node_config {
  /// Where the primary may be; tried in turn.
  std::vector<node_endpoint> primaries;
  /// Who is asked for a snapshot first, instead of the primary; the primary when it has none.
  std::optional<node_endpoint> snapshot_from = {};
};

} // namespace sluice
