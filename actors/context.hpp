#pragma once

#include "persistence/vfs.hpp"
#include "persistence/wall_clock.hpp"
#include "replication/monotonic_time.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>

#include <spdlog/logger.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

namespace sluice::actors {

/// What every actor of one node is given; it outlives them.
struct node_context {
  persistence::vfs* disk = nullptr;
  persistence::wall_clock* wall = nullptr;
  std::shared_ptr<spdlog::logger> log;
  std::filesystem::path directory;
  std::string node;
  /// Whether actors that block on the disk get a thread of their own. Off in tests, where
  /// everything runs in CAF's test coordinator.
  bool detach_blocking = true;
  /// Called between steps of slow work with the bytes of the last one; may block, so that
  /// preparing segments leaves the disk to appends. Empty in tests.
  std::function<void(std::uint64_t bytes)> throttle = {};
};

/// Spawns an actor that blocks. The only place where an actor is detached.
template <class F, class... Ts>
auto spawn_blocking(caf::actor_system& system, bool detach, F f, Ts&&... xs) {
  if (detach)
    return system.spawn<caf::detached>(f, std::forward<Ts>(xs)...);
  return system.spawn(f, std::forward<Ts>(xs)...);
}

/// The actor's clock as rules take it.
template <class Self>
replication::monotonic_ns now_of(Self* self) {
  auto since = self->clock().now().time_since_epoch();
  return replication::monotonic_ns{static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::nanoseconds>(since).count())};
}

} // namespace sluice::actors
