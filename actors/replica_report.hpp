#pragma once

#include "messages/local_snapshot.hpp"
#include "replication/monotonic_time.hpp"
#include "replication/replica.hpp"
#include "replication/slot.hpp"

#include <sluice/status.hpp>

#include <cstdint>

namespace sluice::actors {

/// What of the primary's log decides a resume.
struct log_bounds {
  lsn oldest;
  lsn durable;
  timeline_id timeline;
};

/// A replica that has joined this primary, with what would become of it if it is away. Health
/// and lag are the topology advertiser's.
replica_status status_of(const replication::registered_replica& replica,
                         const replication::slot* claim, const log_bounds& log,
                         std::uint64_t in_flight_bytes, replication::monotonic_ns now);

/// One that has not joined since the primary was started: known by its slot alone. Whether it
/// has applied anything is not known; the plan takes it for one that has not.
replica_status status_of(const replication::slot& claim, const log_bounds& log);

/// What this node gives to others: each has its replica's place in the status, one that has not
/// joined here too. Why there is none to give goes with it.
void add_snapshots(const messages::snapshots_served& served, node_status& status);

} // namespace sluice::actors
