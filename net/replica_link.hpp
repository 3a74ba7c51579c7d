#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "replication/backoff.hpp"

#include <sluice/node_config.hpp>

#include <optional>
#include <vector>

namespace sluice::net {

struct link_limits {
  replication::backoff_limits backoff;
  /// A primary that is silent for longer is given up and looked for again. It speaks at
  /// least once a second.
  std::chrono::milliseconds silent_after{5000};
  std::chrono::milliseconds answer_within{5000};
};

struct link_setup {
  actors::node_context context;
  link_limits limits;
  std::string region;
  /// Where others reach this replica; told to the primary. None: the link begins once it
  /// is told by `node_published`.
  std::optional<std::string> endpoint;
  std::vector<node_endpoint> primaries;
  messages::replica_receiver_actor receiver;
  /// None when the embedder's state cannot be replaced.
  messages::snapshot_receiver_actor snapshots = {};
  /// Asked for a snapshot before the primary is.
  std::optional<node_endpoint> snapshot_from = {};
  /// Spreads the back-off; differs from node to node.
  std::uint64_t random_seed = 0;
};

/// Owns the connection of a replica to its primary: looks for it for ever, with jittered
/// back-off, says hello with what the receiver holds, hands an accepting session to the
/// receiver. Keeps what the primary told last of the topology. Each outage is logged once. Measures
/// liveness by what the receiver hears.
messages::replica_link_actor spawn_replica_link(caf::actor_system& system, link_setup setup);

} // namespace sluice::net
