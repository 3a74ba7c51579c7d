#pragma once

#include "actors/context.hpp"
#include "actors/replica_session.hpp"
#include "messages/interfaces.hpp"
#include "replication/confirm_rule.hpp"
#include "replication/members.hpp"

namespace sluice::actors {

struct gate_limits {
  session_limits sessions;
  /// Client sessions at once; beyond it a client is refused as `overloaded`.
  std::size_t clients_max = 1000;
  /// Answers to `status` that are being gathered; beyond it `overloaded`.
  long status_requests_max = 100;
  /// Hellos of replicas that are being judged; beyond it they are refused as `overloaded`.
  long hellos_max = 1000;
  std::uint64_t client_credit_bytes = 4ull * 1024 * 1024;
  std::uint64_t record_bytes_max = 0;
  std::uint64_t append_bytes_max = 0;
  std::uint64_t append_records_max = 0;
};

struct gate_setup {
  node_context context;
  gate_limits limits;
  std::string cluster;
  std::string region;
  sluice::term term;
  timeline_id timeline;
  commit_policy floor;
  replication::members declared;
  std::uint64_t members_version = 0;
  /// Told to replicas: who is promoted goes on from there.
  std::vector<replication::timeline_entry> timelines = {};
  /// Where the log ended when it was opened; what members are held against.
  replication::history_end opened_at;
  messages::slot_registry_actor registry;
  messages::wal_buffer_actor buffer;
  messages::record_reader_actor reader;
  messages::spool_writer_actor writer;
  messages::commit_coordinator_actor coordinator;
  messages::topology_advertiser_actor topology;
  messages::handover_desk_actor handover = {};
  /// None where there is no state to give.
  messages::snapshot_keeper_actor snapshots = {};
  /// None where there is no state.
  messages::applied_desk_actor state = {};
};

/// Published at the primary's port. Judges who knocks, gives each replica and client a
/// session of its own, ends an older session of the same replica first, and counts the
/// members that confirm this primary's term. Answers reads and status.
messages::primary_gate_actor spawn_primary_gate(caf::actor_system& system, gate_setup setup);

} // namespace sluice::actors
