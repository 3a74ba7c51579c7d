#pragma once

#include "actors/node_opening.hpp"
#include "actors/snapshot_keeper.hpp"

#include <sluice/node_config.hpp>

#include <memory>

namespace sluice::actors {

/// What a node gives snapshots with.
struct snapshot_givers {
  messages::snapshot_keeper_actor keeper;
  messages::snapshot_builder_actor builder;
};

snapshot_settings snapshot_settings_of(const node_config& config);

/// Has an open replica give them, too. Its primary keeps the log behind them.
void give_snapshots(caf::actor_system& system, const node_config& config, opened_replica& opened);

/// Spawns both. @param setup its builder is filled in
snapshot_givers spawn_snapshot_givers(caf::actor_system& system,
                                      std::shared_ptr<snapshot_source> source,
                                      snapshot_keeper_setup setup);

} // namespace sluice::actors
