#pragma once

#include <sluice/flow_control.hpp>
#include <sluice/slot_limits.hpp>
#include <sluice/topology.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// How far a snapshot is on its way to a replica.
struct snapshot_progress {
  /// `building`, `sending` or `installing`.
  std::string stage;
  /// What it is a state of; {0} while that is not known.
  lsn at;
  /// Of that stage; `total_bytes` 0: not known.
  std::uint64_t bytes = 0;
  std::uint64_t total_bytes = 0;
  /// At the rate so far; none before there is one.
  std::optional<std::uint64_t> seconds_left;
  friend bool operator==(const snapshot_progress&, const snapshot_progress&) = default;
};

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
  /// It starts over from a snapshot or from the oldest record.
  bool rebootstrapping = false;
  std::uint64_t apply_errors = 0;
  std::uint64_t divergences = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t last_seen_ms_ago = 0;
  /// What would happen if it said hello now: `stream from 43`, `rebootstrap from 100: horizon`,
  /// `reject: needs_snapshot`; empty while it is connected.
  std::string resume_plan;
  /// Of the snapshot that this node sends it; none while it sends none.
  std::optional<snapshot_progress> snapshot;
};

/// A replica's durable claim on the primary's log.
struct slot_status {
  std::string id;
  /// It has passed this record: what follows is kept for it while it is valid.
  lsn restart;
  lsn confirmed_flush;
  lsn confirmed_apply;
  /// Its replica is connected.
  bool active = false;
  /// `horizon`, `idle_timeout`, `wal_removed` or `disk_pressure`; empty while it is valid.
  std::string invalidation_cause;
  timestamp_ms invalidated_at;
  /// When its replica was last heard, by the primary's wall clock; {0}: never.
  timestamp_ms last_seen;
  /// Of log that stands past it.
  std::uint64_t retained_bytes = 0;
  /// What may still be appended before it is given up, and for how long at the present
  /// rate; none when no limit is in sight.
  std::optional<std::uint64_t> safe_bytes_left;
  std::optional<double> seconds_until_lost;
  /// What holds for it, and which of that is its own.
  slot_limits limits;
  slot_limit_overrides own_limits;
  friend bool operator==(const slot_status&, const slot_status&) = default;
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
  /// `serving`, `confirming`, `failed`, `rejected`, `catching_up` or `bootstrapping`.
  std::string state;
  /// Why it is `failed` or `rejected`; empty otherwise.
  std::string failure;
  lsn oldest;
  /// Where the log began that did not begin with the history: a replica's that started
  /// over. 0 otherwise.
  lsn log_start;
  lsn written;
  lsn durable;
  lsn commit_watermark;
  lsn applied;
  /// Of the topology that the node tells; on a replica that it was told.
  sluice::topology_epoch topology_epoch;
  std::uint64_t partial_resync_total = 0;
  std::uint64_t full_resync_total = 0;
  std::vector<replica_status> replicas;
  std::vector<slot_status> slots;
  /// Why the log is not pruned although it should be; empty otherwise.
  std::string prune_trouble;
  commit_status commits;
  std::string policy;
  std::vector<std::string> members;
  /// Where a replica looks for its primary.
  std::string primary;
  std::uint64_t clients = 0;
  std::uint64_t retained_bytes = 0;
  flow_control_status flow;
  /// Of the snapshot that a replica is getting; none while it gets none.
  std::optional<snapshot_progress> snapshot;
  /// Why the last snapshot could not be made here; empty otherwise.
  std::string snapshot_trouble;
};

} // namespace sluice
