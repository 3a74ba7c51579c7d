#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

#include <sluice/applier.hpp>

#include <memory>

namespace sluice::actors {

struct applier_setup {
  node_context context;
  std::shared_ptr<applier> target;
  messages::wal_buffer_actor buffer;
  /// The receiver of a replica, the desk of a primary: it says how far may be applied.
  messages::applied_listener_actor listener;
};

/// Owns how far the embedder's state is. Reads what may be applied from this node's own
/// log, portion by portion, however far behind it is, and tells the listener. May block in
/// the embedder's code; nothing else waits for it.
messages::replica_applier_actor spawn_replica_applier(caf::actor_system& system,
                                                      applier_setup setup);

} // namespace sluice::actors
