#pragma once

#include "messages/interfaces.hpp"
#include "persistence/random_source.hpp"
#include "persistence/spool.hpp"
#include "persistence/vfs.hpp"
#include "persistence/wall_clock.hpp"
#include "replication/monotonic_time.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>

#include <spdlog/logger.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

namespace sluice::actors {

/// What every actor of one node is given; it outlives them.
struct node_context {
  persistence::vfs* disk = nullptr;
  persistence::wall_clock* wall = nullptr;
  persistence::random_source* random = nullptr;
  std::shared_ptr<spdlog::logger> log;
  std::filesystem::path directory;
  std::string node;
  /// Whether actors that block on the disk get a thread of their own. Off in tests, where
  /// everything runs in CAF's test coordinator.
  bool detach_blocking = true;
  /// Runs the actors between a commit and the network: the thread that touches the sockets.
  /// None in tests: they run where all others do.
  caf::execution_unit* network = nullptr;
  /// Called between steps of slow work with the bytes of the last one; may block, so that
  /// preparing segments leaves the disk to appends. Empty in tests.
  std::function<void(std::uint64_t bytes)> throttle = {};
  /// Is told when the directory has changed its role. None where nobody opens it again.
  messages::role_listener_actor roles = {};
  /// Set once the node closes: slow work that can be done again gives up.
  std::shared_ptr<std::atomic<bool>> closing = std::make_shared<std::atomic<bool>>(false);
};

/// What a spool of the node takes its stamps and salts from.
inline persistence::spool_environment environment_of(const node_context& context) {
  return {context.wall, context.random};
}

/// The actor's clock as rules take it.
template <class Self>
replication::monotonic_ns now_of(Self* self) {
  auto since = self->clock().now().time_since_epoch();
  return replication::monotonic_ns{static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count())};
}

} // namespace sluice::actors
