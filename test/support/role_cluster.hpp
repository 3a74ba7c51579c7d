#pragma once

#include "net/opened_life.hpp"
#include "test/support/machine.hpp"
#include "test/support/memory_state.hpp"
#include "test/support/recorded_append.hpp"
#include "test/support/records_on_disk.hpp"
#include "test/support/simulated_network.hpp"

#include <sluice/node_config.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::test {

/// How a cluster whose nodes change their roles is made.
struct role_choices {
  std::size_t nodes = 3;
  bool has_members = true;
  commit_policy floor = policy_local{};
  /// Each has a state, which outlives every crash, and may give it to others; little log is kept,
  /// so that who was away needs another's. 0: no states, and all of the log is kept.
  std::uint64_t slot_bytes_max = 0;
};

/// What an operator's word was answered; open until then.
struct told_operator {
  std::optional<messages::control_reply> reply;
};

/// Nodes that change their roles as `node_life` has them do, each on a machine of its own and
/// each able to reach every other one: all their actors, also those that look for a primary, a
/// successor or grants. The first one is started as the primary, the others as its replicas,
/// and each of them always with the same words.
class role_cluster {
public:
  role_cluster(std::uint64_t seed, role_choices choices);
  role_cluster(const role_cluster&) = delete;
  role_cluster& operator=(const role_cluster&) = delete;
  ~role_cluster();

  simulated_network& network() { return network_; }
  std::size_t size() const { return nodes_.size(); }
  memory_vfs& disk(std::size_t slot) { return nodes_[slot]->host.disk; }
  static std::string name_of(std::size_t slot) { return "n" + std::to_string(slot); }
  bool has_states() const { return choices_.slot_bytes_max != 0; }
  const memory_state& state(std::size_t slot) const { return *nodes_[slot]->state; }

  // -- processes ---------------------------------------------------------------------------

  /// Starts the process on its disk. @returns why that failed
  caf::error start(std::size_t slot);
  bool is_running(std::size_t slot) const { return network_.is_running(slot); }
  /// It is open and was not told to change.
  bool is_primary(std::size_t slot) const;
  enum class power { kept, lost, lost_with_all_that_is_unsynced };
  void crash(std::size_t slot, power what);
  /// The node's directory says that it is of the other role, and nobody has opened it again.
  bool is_changing_role(std::size_t slot) const;
  /// Ends this life of the node and begins the next one. Its process must not be frozen.
  /// @returns why it did not work; it is to be tried again then
  caf::error change_role(std::size_t slot);
  /// The newest term that a life of the node told its process of.
  term told_term(std::size_t slot) const;

  // -- links -------------------------------------------------------------------------------

  enum class link {
    open,
    /// What is sent does not arrive, and nobody is told.
    silent,
    /// Connections are reset and cannot be made.
    refused
  };
  /// What goes from the one to the other; `refused` holds for both ways.
  void set_link(std::size_t from, std::size_t to, link what);
  link link_of(std::size_t from, std::size_t to) const { return links_.at({from, to}); }
  /// Lets what may be connected be connected. To be called now and then.
  void tend();

  // -- asking ------------------------------------------------------------------------------

  /// Appends at a primary, and lets nobody run.
  answer_ptr submit(std::size_t slot, append request);
  /// An operator's word to a node; nobody runs yet.
  std::shared_ptr<told_operator> tell(std::size_t slot, messages::control_command command);
  /// Asks the node, which runs alone to rest. None while it cannot answer.
  std::optional<node_status> status(std::size_t slot);
  /// What a replica's receiver holds. None for a primary, or while it cannot answer.
  std::optional<messages::candidacy> candidacy(std::size_t slot);

private:
  struct told_process;
  struct node {
    explicit node(std::uint64_t seed) : host(seed) {}
    machine host;
    std::shared_ptr<memory_state> state = std::make_shared<memory_state>();
    net::opened_life life;
    bool is_primary = false;
    std::shared_ptr<told_process> told;
    messages::role_listener_actor listener;
    replica_config as_replica;
    caf::io::accept_handle door;
    /// All that is killed with the process, also what a life left behind.
    std::vector<caf::strong_actor_ptr> spawned;
  };

  caf::error open(std::size_t slot, bool as_primary);
  void end_life(std::size_t slot);
  void reset_connections_in_making(std::size_t slot);
  void fill_config(std::size_t slot, node_config& config) const;
  template <class Answer, class Handle, class Question>
  std::optional<Answer> ask_alone(std::size_t slot, const Handle& handle, Question question);

  role_choices choices_;
  simulated_network network_;
  std::vector<std::unique_ptr<node>> nodes_;
  std::map<std::pair<std::size_t, std::size_t>, link> links_;
  /// By index in the network; those that were cut are forgotten.
  std::vector<std::size_t> connections_;
};

} // namespace sluice::test
