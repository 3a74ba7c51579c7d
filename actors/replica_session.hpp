#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "replication/replica.hpp"

namespace sluice::actors {

struct session_limits {
  /// In flight is never more than max(window, one batch).
  std::uint64_t window_bytes = 4ull * 1024 * 1024;
  /// Older batches are read and sent in portions of so much.
  std::uint64_t read_bytes = 1024 * 1024;
  /// Silence is broken after so long.
  std::chrono::milliseconds heartbeat_every{1000};
  /// A replica that was spoken to and says nothing for longer is given up.
  std::chrono::milliseconds silent_after{15'000};
  /// A commit that no batch carries on is told after so long.
  std::chrono::milliseconds commit_notice_after{5};
};

struct session_setup {
  node_context context;
  session_limits limits;
  std::string replica;
  replication::session_id session;
  messages::welcome welcome;
  /// The replica's connector, which sent the hello.
  caf::strong_actor_ptr link;
  messages::slot_registry_actor registry;
  messages::wal_buffer_actor buffer;
  messages::spool_writer_actor writer;
  messages::commit_coordinator_actor coordinator;
};

/// Owns one replica's window and progress state: `probing` until its receiver reports,
/// then `streaming`. A replica that is slow or stopped costs its window and nothing else:
/// what is older is read again from the buffer when there is room. Ends when the replica
/// is gone, and tells the registry.
messages::replica_session_actor spawn_replica_session(caf::actor_system& system,
                                                      session_setup setup);

} // namespace sluice::actors
