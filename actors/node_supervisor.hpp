#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <string>
#include <vector>

namespace sluice::actors {

/// An actor that lives as long as the node.
struct supervised {
  std::string name;
  caf::strong_actor_ptr child;
};

struct supervisor_setup {
  node_context context;
  /// Stopped first, so that nothing new comes in while the log is closed.
  std::vector<supervised> entrances;
  messages::log_owner_actor log_owner;
  std::vector<supervised> others;
  /// Called when a child dies that was not told to: the node must acknowledge nothing any
  /// more. On the supervisor's thread; must not block.
  std::function<void(const std::string& reason)> on_failure;
};

/// Owns every actor of a node and stops them all: entrances, then the log, then the rest.
/// A child that dies by itself takes the log owner with it, so that nothing is
/// acknowledged by half a node.
messages::node_supervisor_actor spawn_node_supervisor(caf::actor_system& system,
                                                      supervisor_setup setup);

} // namespace sluice::actors
