#pragma once

#include "messages/interfaces.hpp"
#include "net/client_flight.hpp"
#include "replication/backoff.hpp"
#include "replication/silence_rule.hpp"

#include <sluice/node_config.hpp>
#include <sluice/types.hpp>

#include <caf/actor_system.hpp>

#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

struct client_link_limits {
  replication::backoff_limits backoff;
  /// A node that does not welcome the client within it is given up.
  std::chrono::milliseconds answer_within{1500};
  /// A node that owes answers and says nothing is given up, too.
  replication::silence_limits silence;
  /// Past its own deadline an append waits so long for the node's word on it.
  std::chrono::milliseconds grace{1000};
  /// After an `overloaded` nothing is sent for so long.
  std::chrono::milliseconds overloaded_pause{50};
  /// Payload bytes in one message.
  std::uint64_t message_bytes = 1024 * 1024;
};

struct client_link_setup {
  client_link_limits limits;
  std::vector<node_endpoint> nodes;
  std::string producer;
  producer_sequence first_sequence{1};
  bool follow = true;
  std::uint64_t random_seed = 0;
  /// Where the appends come from; never null. After `put` said so, `flush_gathered` is sent.
  std::shared_ptr<client_flight> flight;
  /// Runs it: the thread of the sockets. None in tests.
  caf::execution_unit* network = nullptr;
};

/// The connection of a client to its primary: gathers appends, sends them within the
/// session's credit, sends again after a broken link, or elsewhere once the node has fallen
/// silent, what was not answered, under the stamp that makes it harmless. Every append is
/// answered by its deadline and the grace.
using client_link_actor =
    messages::remote_client_actor::extend<caf::reacts_to<messages::flush_gathered>,
                                          caf::reacts_to<messages::timer_fired>>;

/// A number that nobody can foretell.
std::uint64_t random_seed();

/// A producer's name made of it.
std::string producer_of(std::uint64_t number);

client_link_actor spawn_client_link(caf::actor_system& system, client_link_setup setup);

} // namespace sluice::net
