#pragma once

#include "replication/positions.hpp"
#include "replication/replica.hpp"
#include "replication/topology_lag.hpp"

#include <sluice/topology.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace sluice::replication {

/// What the registry knows of one replica, as far as the topology is made of it.
struct replica_facts {
  std::string id;
  std::string region;
  std::string endpoint;
  bool connected = false;
  bool slot_valid = true;
  bool rebootstrapping = false;
  positions at;
  monotonic_ns last_seen;
};

replica_facts facts_of(const registered_replica& replica);

struct topology_limits {
  /// A replica that was neither heard nor moved on for longer is not healthy.
  std::chrono::milliseconds healthy_within{5000};
  /// A connected replica answers a heartbeat each second; silent for longer, it counts as
  /// behind although it has everything.
  std::chrono::milliseconds answers_within{2000};
};

/// What stays as it is for one life of a primary.
struct topology_origin {
  std::string cluster;
  sluice::term term;
  sluice::incarnation incarnation;
  timeline_id timeline;
  topology_primary primary;
};

/// What a caller may see of the topology.
enum class caller_right : std::uint8_t { full, primary_only };

/// The topology as one with `right` is told it.
topology visible_to(topology whole, caller_right right);

/// Owns health and the topology epoch of one life of a primary.
///
/// The epoch rises exactly when a replica registers for the first time, is removed, starts
/// or ends to rebootstrap, becomes healthy or unhealthy, changes its region or endpoint,
/// or when its slot is invalidated or valid again; and when the primary's endpoint changes.
/// What is found together raises it once. It does not rise on reconnects, acks and lag.
class topology_book {
public:
  explicit topology_book(topology_origin origin, topology_limits limits = {});

  /// Where others reach the primary. @returns whether the epoch rose: not for the first
  bool set_primary_endpoint(std::string endpoint);

  void note_log(const durable_point& reached, monotonic_ns now) { log_.note(reached, now); }

  /// Takes over what the registry knows: `all` are all replicas there are.
  /// @returns whether the epoch rose
  bool update(const std::vector<replica_facts>& all, monotonic_ns now);

  /// What is told at `now`, with the epoch under which it holds.
  topology next_snapshot(monotonic_ns now);

  const topology_epoch& epoch() const { return epoch_; }

private:
  struct entry {
    replica_facts facts;
    bool healthy = true;
    /// When it last moved on, held everything or started over.
    monotonic_ns moved_at;
  };

  bool take(entry& known, const replica_facts& told, monotonic_ns now) const;
  bool forget_missing(const std::vector<replica_facts>& all);
  topology_replica describe(const entry& known, monotonic_ns now) const;

  topology_origin origin_;
  topology_limits limits_;
  topology_epoch epoch_;
  std::uint64_t measurements_ = 0;
  durable_history log_;
  std::map<std::string, entry> replicas_;
};

} // namespace sluice::replication
