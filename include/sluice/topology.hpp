#pragma once

#include <sluice/types.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

/// Orders what a cluster's primaries advertise, from one life to the next and from one
/// primary to the next, without a disk write for a bump: term and incarnation are durable
/// already. Of two topologies of one cluster the one with the higher epoch holds.
struct topology_epoch {
  sluice::term term;
  sluice::incarnation incarnation;
  /// Of this life of this primary; from 0.
  std::uint64_t counter = 0;
  friend constexpr auto operator<=>(const topology_epoch&, const topology_epoch&) = default;
};

/// `term.incarnation.counter`, decimal: `3.17.4`. Sorts as a version number does.
std::string to_string(const topology_epoch& x);

/// Where writes go.
struct topology_primary {
  std::string id;
  /// `host:port` as others reach it; empty when nobody told: then it is where it was asked.
  std::string endpoint;
  std::string region;
  friend bool operator==(const topology_primary&, const topology_primary&) = default;
};

/// One replica. Its positions, lags and `staleness_seconds` are of the moment of the
/// snapshot and change under one epoch; everything else changes with the epoch only.
struct topology_replica {
  std::string id;
  std::string region;
  /// `host:port` as others reach it; empty when it told none: nothing is routed there.
  std::string endpoint;
  /// It was heard, and moved on or held everything, within the primary's timeout.
  bool healthy = false;
  /// It starts over; it may serve reads that need no particular LSN.
  bool rebootstrapping = false;
  /// It may be asked for what it has applied: healthy, its slot valid, not starting over.
  bool serves_causal_reads = false;
  lsn flushed;
  lsn applied;
  /// What the primary has durable and the replica has not.
  std::uint64_t lag_records = 0;
  /// The same in bytes of log; estimated within a quarter of a second of appends.
  std::uint64_t lag_bytes = 0;
  /// How long ago the first record that it lacks became durable, or how long it has not
  /// been heard, whichever is more; 0 when it has everything and answers.
  double lag_seconds = 0;
  /// The same by what it has applied: how old what a reader sees there may be.
  double staleness_seconds = 0;
  friend bool operator==(const topology_replica&, const topology_replica&) = default;
};

/// Who is in the cluster, as its primary sees it.
struct topology {
  std::string cluster;
  topology_epoch epoch;
  /// Counts the snapshots of one life of the primary: of two of one epoch, the higher one
  /// has the later lags.
  std::uint64_t measurement = 0;
  timeline_id timeline;
  topology_primary primary;
  /// What the primary had durable.
  lsn durable;
  /// By id. Empty for a caller that may only see the primary.
  std::vector<topology_replica> replicas;
  friend bool operator==(const topology&, const topology&) = default;
};

} // namespace sluice
