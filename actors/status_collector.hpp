#pragma once

#include "messages/interfaces.hpp"

namespace sluice::actors {

/// Where a primary's status is gathered from.
struct status_sources {
  messages::spool_writer_actor writer;
  messages::slot_registry_actor registry;
  messages::commit_coordinator_actor coordinator;
  messages::topology_advertiser_actor topology;
  messages::wal_buffer_actor buffer;
  /// None where there is no state to give.
  messages::snapshot_keeper_actor snapshots;
  /// None where there is no state: then everything durable counts as applied.
  messages::applied_desk_actor state;
  /// Counts the collectors that live.
  std::shared_ptr<const void> place = {};
};

/// Answers one `status_request` and ends: asks everyone at once, waits at most 2 s, and
/// reports as `failed` a writer that does not answer.
using status_collector_actor =
    caf::typed_actor<caf::replies_to<messages::status_request>::with<messages::status_reply>>;

/// @param known what the gate itself knows; the rest is filled in
status_collector_actor spawn_status_collector(caf::actor_system& system, status_sources sources,
                                              node_status known);

} // namespace sluice::actors
