#pragma once

#include "messages/interfaces.hpp"

#include <sluice/node_config.hpp>
#include <sluice/topology.hpp>

#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace sluice::net {

/// A topology as a client learnt it; never changed.
struct learned_topology {
  topology what;
  caf::actor_clock::time_point learned_at;
  /// Where the primary is: as it says, else where it was asked; port 0 when neither is known.
  node_endpoint primary;
};

/// The newest that was learnt, for every thread; none before the first.
using topology_cell = std::atomic<std::shared_ptr<const learned_topology>>;

/// Asks for the topology once its epoch is higher than `than`, at most `within`.
struct await_topology {
  topology_epoch than;
  std::chrono::milliseconds within{0};
};

struct topology_link_setup {
  std::vector<node_endpoint> seeds;
  std::chrono::milliseconds refresh_every{1000};
  std::chrono::milliseconds answer_within{2000};
  std::shared_ptr<topology_cell> into;
};

/// Learns the topology and keeps it fresh: asks one node after the other until it finds
/// the primary, subscribes there, and asks again all the same, for a push may be lost and
/// carries no lags. Goes on with the nodes that it was told of when the primary is gone,
/// with the seeds when those are.
using topology_link_actor =
    messages::topology_sink_actor::extend<caf::reacts_to<messages::timer_fired>,
                                          caf::replies_to<await_topology>::with<topology>>;

topology_link_actor spawn_topology_link(caf::actor_system& system, topology_link_setup setup);

} // namespace sluice::net

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::topology)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::net::await_topology)
