#pragma once

#include <sluice/types.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

/// One replica as its primary sees it.
struct replica_status {
  std::string id;
  std::string region;
  bool connected = false;
  /// `probing`, `streaming` or `disconnected`.
  std::string state;
  lsn sent;
  lsn received;
  lsn flushed;
  lsn applied;
  std::uint64_t lag_records = 0;
  std::uint64_t lag_bytes = 0;
  double lag_seconds = 0;
  std::uint64_t in_flight_bytes = 0;
  bool healthy = false;
  std::uint64_t apply_errors = 0;
  std::uint64_t divergences = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t last_seen_ms_ago = 0;
};

/// What became of commits since the node opened; latencies over the last 4,096 of them.
struct commit_status {
  std::uint64_t waiting = 0;
  std::uint64_t reached = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t refused = 0;
  std::uint64_t p50_us = 0;
  std::uint64_t p99_us = 0;
};

/// How a node is. Taken without touching the disk.
struct node_status {
  std::string role;
  std::string name;
  std::string cluster;
  std::string region;
  sluice::term term;
  timeline_id timeline;
  /// `serving`, `confirming`, `failed`, `rejected` or `catching_up`.
  std::string state;
  /// Why it is `failed` or `rejected`; empty otherwise.
  std::string failure;
  lsn oldest;
  lsn written;
  lsn durable;
  lsn commit_watermark;
  lsn applied;
  std::uint64_t partial_resync_total = 0;
  std::uint64_t full_resync_total = 0;
  std::vector<replica_status> replicas;
  commit_status commits;
  std::string policy;
  std::vector<std::string> members;
  /// Where a replica looks for its primary.
  std::string primary;
  std::uint64_t clients = 0;
  std::uint64_t retained_bytes = 0;
};

} // namespace sluice
