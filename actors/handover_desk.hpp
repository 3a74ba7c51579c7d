#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "replication/handover_rule.hpp"

namespace sluice::actors {

struct handover_setup {
  node_context context;
  replication::handover_limits limits;
  sluice::term term;
  replication::members declared;
  messages::spool_writer_actor writer;
  messages::slot_registry_actor registry;
  messages::commit_coordinator_actor coordinator;
  messages::topology_advertiser_actor topology;
};

/// Hands a primary's log over: judges who asks for it, has the writer pause, and answers
/// `prepare_handover` once the replica that asked has everything. One at a time.
///
/// Promises: whatever becomes of who asked, writers go on by themselves, unless the term was
/// granted meanwhile. Grants nothing itself and stores nothing.
messages::handover_desk_actor spawn_handover_desk(caf::actor_system& system, handover_setup setup);

} // namespace sluice::actors
