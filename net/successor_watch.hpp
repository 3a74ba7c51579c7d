#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <vector>

namespace sluice::net {

struct watch_setup {
  actors::node_context context;
  std::string cluster;
  sluice::term term;
  /// Whom to ask: the nodes that were known when the primary was opened, and those that
  /// `topology` has met since.
  std::vector<replication::known_node> nodes;
  messages::topology_advertiser_actor topology;
  messages::spool_writer_actor writer;
  /// A majority confirms who is the primary.
  bool has_members = false;
  /// One node each time.
  std::chrono::milliseconds ask_every{1000};
};

/// A successor_watch's only message is its own timer.
using successor_watch_actor = caf::typed_actor<caf::reacts_to<messages::timer_fired>>;

/// Finds out for a primary whether it has been deposed while it was away: asks the other nodes
/// of the cluster, in turn, for the topology that they were told, and has the writer step down
/// for a higher term. Nobody comes to a primary that nobody follows. Of two primaries of one term
/// it ends one (`judge_rival`).
successor_watch_actor spawn_successor_watch(caf::actor_system& system, watch_setup setup);

} // namespace sluice::net
