#pragma once

#include "actors/context.hpp"
#include "actors/snapshot_settings.hpp"
#include "messages/interfaces.hpp"

#include <optional>
#include <string>

namespace sluice::actors {

/// Where in which history a node stands.
struct snapshot_origin {
  std::string cluster;
  sluice::term term;
  timeline_id timeline;
};

struct snapshot_keeper_setup {
  node_context context;
  snapshot_settings settings;
  /// Of a primary; a replica's receiver is asked.
  std::optional<snapshot_origin> origin;
  messages::replica_receiver_actor receiver;
  messages::snapshot_builder_actor builder;
  /// Whose digests prove what the state is of.
  messages::wal_buffer_actor buffer;
  /// How far the state is.
  messages::applied_source_actor applied;
  /// Keeps the log behind a snapshot; none on a replica, whose primary does.
  messages::slot_registry_actor registry;
};

/// Owns who gets a snapshot from this node, and which one: one at a time is made, shared by all
/// that it is good enough for, and kept while somebody needs it, over a restart too. Promises:
/// the log behind it is pinned before the state is frozen and until it is given up; what fails is
/// told to everyone who waits. Never blocks: the `snapshot_builder` does. Owns the senders.
messages::snapshot_keeper_actor spawn_snapshot_keeper(caf::actor_system& system,
                                                      snapshot_keeper_setup setup);

} // namespace sluice::actors
