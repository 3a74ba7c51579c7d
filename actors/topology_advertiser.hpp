#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "replication/topology_book.hpp"

#include <cstddef>

namespace sluice::actors {

struct advertiser_limits {
  replication::topology_limits rules;
  /// Health and lag are looked at so often; also the grain of lags in seconds and bytes.
  std::chrono::milliseconds look_every{250};
  /// Replicas subscribe as clients do; beyond it one is answered `overloaded`.
  std::size_t subscribers_max = 2000;
  /// A subscriber that does not say that it has seen what it was sent is dropped; it may
  /// come again.
  std::chrono::milliseconds seen_within{30'000};
};

struct advertiser_setup {
  node_context context;
  advertiser_limits limits;
  replication::topology_origin origin;
  messages::slot_registry_actor registry;
  messages::spool_writer_actor writer;
};

/// Owns the health of replicas, the topology epoch and who subscribed to it. Tells each
/// subscriber the newest topology when the epoch rises, and not again before it has seen
/// the last: one that is slow misses what lies between, and costs one message.
messages::topology_advertiser_actor spawn_topology_advertiser(caf::actor_system& system,
                                                              advertiser_setup setup);

} // namespace sluice::actors
