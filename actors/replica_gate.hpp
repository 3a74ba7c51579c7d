#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

struct replica_gate_setup {
  node_context context;
  std::string region;
  messages::replica_receiver_actor receiver;
  messages::record_reader_actor reader;
  messages::replica_link_actor link;
  messages::wal_buffer_actor buffer;
  /// None where nobody promotes.
  messages::promoter_actor promoter = {};
  /// None where there is no state to give.
  messages::snapshot_keeper_actor snapshots = {};
  /// Answers to `status` that are being gathered; beyond it `overloaded`.
  long status_requests_max = 100;
};

/// Published at the replica's port: answers reads from what is durable here and status;
/// sends those who want a primary on to it.
messages::node_gate_actor spawn_replica_gate(caf::actor_system& system, replica_gate_setup setup);

} // namespace sluice::actors
