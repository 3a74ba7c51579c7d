#pragma once

#include "actors/context.hpp"
#include "actors/snapshot_settings.hpp"
#include "messages/interfaces.hpp"

#include <string>

namespace sluice::actors {

struct snapshot_sender_setup {
  node_context context;
  std::string cluster;
  sluice::term term;
  snapshot_settings settings;
  /// The replica, its number of the connection, and who takes it there.
  std::string node;
  std::uint64_t attempt = 0;
  caf::strong_actor_ptr who;
  messages::built_snapshot_ptr snapshot;
  messages::snapshot_builder_actor builder;
  messages::snapshot_keeper_actor keeper;
};

/// Owns how far one replica is with a snapshot: offers it, and sends its chunks in order within
/// what the replica confirmed and what the rate allows. Holds one chunk at a time and never blocks.
/// Ends when the replica is gone, is silent for too long, or says that it is over.
messages::snapshot_sender_actor spawn_snapshot_sender(caf::actor_system& system,
                                                      snapshot_sender_setup setup);

} // namespace sluice::actors
