#pragma once

#include "messages/interfaces.hpp"
#include "test/support/machine.hpp"
#include "test/support/recorded_append.hpp"
#include "test/support/simulated_network.hpp"

#include <sluice/applier.hpp>
#include <sluice/node_config.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::test {

/// How a simulated cluster is made.
struct cluster_choices {
  std::size_t replicas = 2;
  bool has_members = true;
  commit_policy floor = policy_local{};
  std::uint64_t segment_bytes = 16 * 1024;
  std::uint64_t window_bytes = 8 * 1024;
  std::uint64_t buffer_bytes = 32 * 1024;
};

/// A primary (slot 0) and its replicas, each on a machine of its own, joined by a simulated
/// network: real actors from the gate to the disk. Nodes crash with their power and start
/// again on what their disks kept.
class simulated_cluster {
public:
  simulated_cluster(std::uint64_t seed, cluster_choices choices);
  simulated_cluster(const simulated_cluster&) = delete;
  simulated_cluster& operator=(const simulated_cluster&) = delete;
  ~simulated_cluster();

  simulated_network& network() { return network_; }
  std::size_t size() const { return machines_.size(); }
  memory_vfs& disk(std::size_t slot) { return machines_[slot]->disk; }
  static std::string name_of(std::size_t slot) { return "n" + std::to_string(slot); }

  /// Starts it on its disk. @returns why that failed
  caf::error start(std::size_t slot);
  bool is_running(std::size_t slot) const { return network_.is_running(slot); }
  enum class power { kept, lost, lost_with_all_that_is_unsynced };
  /// The process dies; what its disk then holds depends on its power.
  void crash(std::size_t slot, power what);

  /// Lets the replica reach the primary from now on, until `isolate`.
  void connect(std::size_t replica);
  void isolate(std::size_t replica, simulated_network::in_flight bytes);
  /// Opens the connections that are wanted and can be made again. To be called now and then.
  void tend();
  /// Bytes that the primary sent and the replica has not read.
  std::size_t unread_by(std::size_t replica);
  simulated_network::connection* connection_of(std::size_t replica);

  /// Appends on the primary, and lets nobody run. Not when the primary is down.
  answer_ptr submit(append request);
  /// Asks the owner of the node's log, and runs that node alone to rest. None while it
  /// cannot answer.
  std::optional<messages::log_positions> positions(std::size_t slot);
  std::optional<node_status> status();
  /// What the node's gate tells, asked as `positions` is.
  std::optional<topology> topology_of(std::size_t slot);

  /// The records through `through` that a node's disk holds, oldest first; fewer when they
  /// cannot be read.
  std::vector<record> records_on_disk(std::size_t slot, lsn through);

private:
  struct node_handles {
    messages::node_supervisor_actor supervisor;
    messages::append_target_actor writer;
    messages::replica_receiver_actor receiver;
    messages::node_gate_actor gate;
    messages::replica_link_actor link;
    actors::directory_hold directory;
  };

  caf::error start_primary();
  caf::error start_replica(std::size_t slot);
  void fill_config(std::size_t slot, node_config& config) const;
  void release(std::size_t slot);

  cluster_choices choices_;
  simulated_network network_;
  std::vector<std::unique_ptr<machine>> machines_;
  std::vector<node_handles> handles_;
  std::vector<bool> is_wanted_;
  std::vector<std::optional<std::size_t>> connections_;
  caf::io::accept_handle door_;
};

} // namespace sluice::test
