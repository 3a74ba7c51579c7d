#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "persistence/slot_catalog.hpp"

#include <memory>

namespace sluice::actors {

struct keeper_setup {
  node_context context;
  std::shared_ptr<persistence::slot_catalog> catalog;
};

/// Owns the stored slots: makes durable what the registry hands it, one list after the
/// other. Blocks on the disk, so that the registry never does.
messages::slot_keeper_actor spawn_slot_keeper(caf::actor_system& system, keeper_setup setup);

} // namespace sluice::actors
