#pragma once

#include "actors/primary_gate.hpp"
#include "actors/slot_desk.hpp"
#include "actors/snapshot_settings.hpp"
#include "actors/spool_writer.hpp"
#include "actors/topology_advertiser.hpp"
#include "actors/wal_buffer.hpp"
#include "messages/interfaces.hpp"
#include "persistence/node_state.hpp"
#include "persistence/slot_catalog.hpp"
#include "persistence/spool.hpp"
#include "replication/registry.hpp"

#include <sluice/applier.hpp>
#include <sluice/snapshot.hpp>

#include <memory>

namespace sluice::actors {

/// Everything a primary is made of, opened and checked.
struct primary_setup {
  node_context context;
  persistence::node_state state;
  /// Of `state`.
  std::shared_ptr<persistence::node_state_store> store;
  std::shared_ptr<persistence::spool> spool;
  persistence::spool_options spool_options;
  spool_opener reopen;
  commit_policy floor;
  replication::members declared;
  writer_limits writer;
  buffer_limits buffer;
  gate_limits gate;
  std::size_t replicas_max = replication::replicas_max_default;
  advertiser_limits topology;
  std::shared_ptr<persistence::slot_catalog> catalog;
  /// What the catalog held.
  persistence::slot_list slots;
  slot_settings slot_limits;
  /// The embedder's state; null for none.
  std::shared_ptr<sluice::applier> applier;
  /// Where that comes from for others; null for nowhere. Only with an applier.
  std::shared_ptr<snapshot_source> snapshots;
  snapshot_settings snapshot;
};

/// The handles that others need.
struct primary_actors {
  messages::node_supervisor_actor supervisor;
  messages::primary_gate_actor gate;
  messages::spool_writer_actor writer;
  std::shared_ptr<messages::append_inbox> inbox;
  messages::wal_buffer_actor buffer;
  messages::record_reader_actor reader;
  messages::topology_advertiser_actor topology;
  /// Everyone who writes in the directory.
  std::vector<caf::strong_actor_ptr> disk_writers;
};

/// Spawns a primary: all of its actors, owned by the supervisor. Ends with `close_node`.
primary_actors spawn_primary(caf::actor_system& system, primary_setup setup);

} // namespace sluice::actors
