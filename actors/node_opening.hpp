#pragma once

#include "actors/context.hpp"
#include "actors/node_supervisor.hpp"
#include "messages/append_inbox.hpp"
#include "messages/interfaces.hpp"

#include <sluice/node_config.hpp>

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

#include <functional>
#include <memory>

namespace sluice::actors {

/// A number that nobody can foretell.
std::uint64_t system_random_number();

/// Keeps the directory for this process until the last copy is gone.
using directory_hold = std::shared_ptr<const void>;

/// What a node is given of the machine: everything but its configuration. Outlives it.
struct node_environment {
  persistence::vfs* disk = nullptr;
  persistence::wall_clock* wall = nullptr;
  persistence::random_source* random = nullptr;
  std::shared_ptr<spdlog::logger> log;
  bool detach_blocking = true;
  /// See node_context.
  caf::execution_unit* network = nullptr;
  std::function<void(std::uint64_t bytes)> throttle = {};
  /// See node_context.
  messages::role_listener_actor roles = {};
};

/// The machine itself; logs go where `node_config` says.
node_environment real_environment();

/// What a facade needs of an open node.
struct opened_primary {
  messages::node_supervisor_actor supervisor;
  messages::node_gate_actor gate;
  messages::spool_writer_actor writer;
  std::shared_ptr<messages::append_inbox> inbox;
  messages::record_reader_actor reader;
  messages::topology_advertiser_actor topology;
  directory_hold directory;
  /// Everyone who writes in it: it is free when the last of them has ended.
  std::vector<caf::strong_actor_ptr> disk_writers;
  node_start start;
  std::shared_ptr<const node_context> context = {};
  std::string cluster = {};
  /// The other nodes as they were last told of.
  std::vector<replication::known_node> nodes = {};
};

/// A replica without its link, which joins it to the network (net/).
struct opened_replica {
  messages::replica_receiver_actor receiver;
  messages::wal_buffer_actor buffer;
  messages::record_reader_actor reader;
  directory_hold directory;
  /// Everyone who writes in it: it is free when the last of them has ended.
  std::vector<caf::strong_actor_ptr> disk_writers;
  node_start start;
  std::shared_ptr<const node_context> context;
  std::string region;
  /// The other nodes as they were last told of.
  std::vector<replication::known_node> nodes;
  std::vector<supervised> children;
  /// None when the embedder's state cannot be replaced.
  messages::snapshot_receiver_actor snapshots = {};
  /// None where there is no state to give to others.
  messages::snapshot_keeper_actor snapshot_keeper = {};
};

/// Locks and loads the directory, holds its role, cluster and members against `config`,
/// raises the incarnation, recovers the log and spawns the actors. Blocks on the disk.
/// @returns as `primary_node::open`; nothing was changed then
caf::expected<opened_primary> open_primary(caf::actor_system& system, const primary_config& config,
                                           const node_environment& machine = real_environment());
caf::expected<opened_replica> open_replica(caf::actor_system& system, const replica_config& config,
                                           const node_environment& machine = real_environment());

/// The gate of a replica and the supervisor that owns all of it, its link too.
struct published_replica {
  messages::node_supervisor_actor supervisor;
  messages::node_gate_actor gate;
};
published_replica supervise_replica(caf::actor_system& system, const opened_replica& opened,
                                    messages::replica_link_actor link,
                                    messages::promoter_actor promoter = {});

} // namespace sluice::actors
