#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

#include <sluice/snapshot.hpp>

#include <memory>

namespace sluice::actors {

struct snapshot_receiver_limits {
  /// Staged bytes are made durable in portions of so much. The disk has most of one by then, so
  /// that commits of nodes on the same disk do not wait for it (docs/PERFORMANCE.md,
  /// "Bootstrapping").
  std::uint64_t sync_bytes = 2ull * 1024 * 1024;
  /// Who sends is given up when nothing comes for longer; building says so each second.
  std::chrono::milliseconds silent_after{30'000};
  /// Its watcher is told how far it is at most so often.
  std::chrono::milliseconds tell_every{250};
  /// The log says how far it is so often.
  std::chrono::milliseconds log_every{5000};
};

struct snapshot_receiver_setup {
  node_context context;
  snapshot_receiver_limits limits;
  std::shared_ptr<snapshot_sink> sink;
  messages::replica_receiver_actor receiver;
  messages::replica_applier_actor applier;
};

/// Gets a snapshot for this replica and has it take the place of the embedder's state: stages it in
/// DIR/snapshot/incoming, chunk by chunk, goes on there after a broken link or a crash, and
/// installs it once it is whole. Promises: the old state is served until the new one stands,
/// in one step; the log begins behind the state that stands, whenever the node dies; nothing is
/// left of a snapshot that is installed or no longer wanted. One at a time. May block in the
/// embedder's code and on the disk.
messages::snapshot_receiver_actor spawn_snapshot_receiver(caf::actor_system& system,
                                                          snapshot_receiver_setup setup);

} // namespace sluice::actors
