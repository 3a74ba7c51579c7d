#pragma once

#include "messages/carried_append.hpp"
#include "messages/interfaces.hpp"

#include <sluice/log_actor.hpp>

#include <caf/actor_system.hpp>

namespace sluice::actors {

struct front_door_setup {
  /// None on a replica.
  messages::append_target_actor writer;
  messages::record_reader_actor reader;
  messages::node_gate_actor gate;
  /// Takes appends over a change of role; none: they are answered as they are.
  std::shared_ptr<messages::append_carrier> carrier = {};
};

/// The node's log for the embedder's actors: keeps the promise of each append until the
/// node has decided it.
log_actor spawn_front_door(caf::actor_system& system, front_door_setup setup);

/// From now on it leads to another life of the node; what waits is decided by the old one.
void lead_front_door(const log_actor& door, front_door_setup to);

} // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::front_door_setup)
