#pragma once

#include "actors/front_door.hpp"
#include "actors/node_opening.hpp"
#include "messages/append_inbox.hpp"
#include "messages/carried_append.hpp"
#include "messages/interfaces.hpp"

#include <sluice/log.hpp>
#include <sluice/node_config.hpp>

#include <caf/actor_system.hpp>

#include <atomic>
#include <memory>

namespace sluice::detail {

/// What the thread-safe facade of a node talks to, in one life of it. The writer and the inbox
/// are none on a replica.
struct node_handles {
  messages::append_target_actor writer;
  std::shared_ptr<messages::append_inbox> inbox;
  messages::record_reader_actor reader;
  messages::node_gate_actor gate;
};

/// Shared by all copies of a node's `log`. Thread safe.
class log_core {
public:
  caf::actor_system* system = nullptr;
  /// Takes appends over a change of role.
  std::shared_ptr<messages::append_carrier> carrier;
  /// None while the node is closed, or changes its role.
  std::shared_ptr<const node_handles> handles() const { return handles_.load(); }
  void change(std::shared_ptr<const node_handles> now) { handles_.store(std::move(now)); }

private:
  std::atomic<std::shared_ptr<const node_handles>> handles_;
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
