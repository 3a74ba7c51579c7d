#pragma once

#include "actors/context.hpp"
#include "actors/slot_desk.hpp"
#include "messages/interfaces.hpp"
#include "persistence/slot_catalog.hpp"
#include "replication/ancestry.hpp"
#include "replication/members.hpp"
#include "replication/registry.hpp"

#include <optional>

namespace sluice::actors {

struct registry_setup {
  node_context context;
  std::string cluster;
  storage_id storage;
  sluice::term term;
  timeline_id timeline;
  /// How this primary's timeline came about, oldest first.
  std::vector<replication::timeline_fork> timelines;
  replication::members declared;
  std::size_t replicas_max = replication::replicas_max_default;
  /// Positions are told to the writer at most so often; 0: not at all.
  std::chrono::milliseconds progress_every{10};
  lsn oldest;
  lsn durable;
  messages::commit_coordinator_actor coordinator;
  messages::spool_writer_actor writer;
  messages::slot_keeper_actor keeper;
  slot_settings slots;
  /// What was stored of slots, and why some may be missing.
  persistence::slot_list stored;
  /// How far the embedder's state on this node is; none without one.
  std::optional<lsn> applied;
};

/// Owns which replicas have joined and how far each is. Acks come here first: what is
/// valid leaves as a vote, what is not is counted, logged once for each reason, and moves
/// nothing. Judges hellos and plans where a replica resumes. Owns the slots, in its
/// `slot_desk`: a join is answered once its slot is durable.
messages::slot_registry_actor spawn_slot_registry(caf::actor_system& system, registry_setup setup);

} // namespace sluice::actors
