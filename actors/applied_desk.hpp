#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

struct applied_desk_setup {
  node_context context;
  /// Who knows how far the embedder's state may be: the buffer without declared members, the
  /// coordinator with them.
  messages::applied_source_actor committed;
  /// Keeps the log that is not applied yet.
  messages::slot_registry_actor registry;
  /// As of the applier when the node was opened.
  lsn applied;
};

/// Owns how far the embedder's state of a primary is, as the receiver does on a replica: has the
/// `replica_applier` that is attached to it apply what may be applied, and lets those wait
/// who want to read it. Never blocks.
messages::applied_desk_actor spawn_applied_desk(caf::actor_system& system,
                                                applied_desk_setup setup);

} // namespace sluice::actors
