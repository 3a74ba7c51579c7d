#pragma once

#include "actors/context.hpp"
#include "actors/segment_preparer.hpp"
#include "messages/interfaces.hpp"
#include "persistence/node_state.hpp"
#include "persistence/spool.hpp"

#include <memory>

namespace sluice::actors {

struct receiver_limits {
  std::chrono::milliseconds idle_mark_after{50};
  /// When there is no room, the stream waits and is tried again after so long.
  std::chrono::milliseconds no_space_retry{500};
};

struct receiver_setup {
  node_context context;
  receiver_limits limits;
  persistence::spool_options spool_options;
  /// None for a replica that has not met its primary yet: its log is made when it does.
  std::shared_ptr<persistence::spool> spool;
  std::shared_ptr<persistence::node_state_store> store;
  persistence::node_state state;
  messages::wal_buffer_actor buffer;
  segment_preparer_actor preparer;
  /// The embedder's state can be replaced by a snapshot.
  bool can_install = false;
  /// Nothing but a snapshot helps the embedder's state: the log no longer holds what it needs
  /// next. `state.wants_snapshot` says it for good.
  bool wants_snapshot = false;
  /// How far the embedder's state is, which is open by now; of no meaning without one.
  lsn applied = {};
};

/// Owns the spool and the node state of a replica. Checks what its session streams, writes
/// the same bytes, fdatasyncs, then acks; what arrived meanwhile is written together.
///
/// Promises: an ack's flushed LSN was fdatasynced here; a term, cluster or member list
/// that it acts on is durable first; bytes that don't continue its history are never
/// written.
messages::replica_receiver_actor spawn_replica_receiver(caf::actor_system& system,
                                                        receiver_setup setup);

} // namespace sluice::actors
