#pragma once

#include "actors/front_door.hpp"
#include "actors/node_opening.hpp"
#include "messages/append_inbox.hpp"
#include "messages/interfaces.hpp"

#include <sluice/log.hpp>
#include <sluice/node_config.hpp>

#include <caf/actor_system.hpp>

#include <atomic>

namespace sluice::detail {

/// What the thread-safe facade of a node talks to. The writer is none on a replica.
class log_core {
public:
  caf::actor_system* system = nullptr;
  messages::append_target_actor writer;
  /// What appends go through; none on a replica.
  std::shared_ptr<messages::append_inbox> inbox;
  messages::record_reader_actor reader;
  messages::node_gate_actor gate;
  std::atomic<bool> closed{false};
};

/// A node that is open: what has to happen to close it.
struct open_node {
  std::shared_ptr<log_core> core;
  messages::node_supervisor_actor supervisor;
  std::vector<caf::strong_actor_ptr> disk_writers;
  actors::directory_hold directory;
  node_endpoint listening;
  node_start start;
  log_actor front_door;

  ~open_node();
  caf::error close();
};

/// Publishes `gate`; the port that it got. Blocks.
caf::expected<node_endpoint> publish_gate(caf::actor_system& system,
                                          const messages::node_gate_actor& gate,
                                          const node_config& config);

/// What others are told of where the node is; empty when it listens on every address and
/// was not told by which one others come.
std::string advertised_endpoint(const node_config& config, const node_endpoint& listening);

/// Refuses an address that other machines reach, unless `insecure`.
caf::error check_listen_address(const node_config& config);

} // namespace sluice::detail
