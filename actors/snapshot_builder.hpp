#pragma once

#include "actors/context.hpp"
#include "actors/snapshot_settings.hpp"
#include "messages/interfaces.hpp"

#include <sluice/snapshot.hpp>

#include <memory>

namespace sluice::actors {

struct snapshot_builder_setup {
  node_context context;
  std::shared_ptr<snapshot_source> source;
  snapshot_settings settings;
};

/// Owns DIR/snapshot/outgoing and calls the embedder's source. Does one step for each message of
/// the `snapshot_keeper`, so that the node can close between two. Promises: what fails leaves
/// nothing on disk; a chunk is handed out only as it was built. Blocks, so that the keeper never
/// does.
messages::snapshot_builder_actor spawn_snapshot_builder(caf::actor_system& system,
                                                        snapshot_builder_setup setup);

} // namespace sluice::actors
