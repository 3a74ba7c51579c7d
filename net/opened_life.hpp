#pragma once

#include "actors/node_opening.hpp"
#include "actors/role_on_disk.hpp"
#include "messages/interfaces.hpp"
#include "net/log_core.hpp"
#include "net/successor_watch.hpp"

#include <sluice/node_config.hpp>

#include <caf/expected.hpp>

#include <string>
#include <vector>

namespace sluice::net {

/// One life of a node: all its actors in one role, which nobody else can reach yet.
struct opened_life {
  messages::node_supervisor_actor supervisor;
  detail::node_handles handles;
  /// None on a primary.
  messages::replica_receiver_actor receiver;
  messages::replica_link_actor link;
  messages::promoter_actor promoter;
  /// None on a replica.
  messages::topology_advertiser_actor topology;
  successor_watch_actor watch;
  /// Everyone who writes in the directory: it is free when the last of them has ended.
  std::vector<caf::strong_actor_ptr> disk_writers;
  actors::directory_hold directory;
  node_start start;
};

/// Opens the directory as a primary's, with what looks for a successor of it. Blocks on the disk.
caf::expected<opened_life> open_life(caf::actor_system& system, const primary_config& config,
                                     const actors::node_environment& machine);

/// The same as a replica's. Its link begins once `announce` has said where the node is; it looks
/// for its primary at every node that the directory knows, too.
caf::expected<opened_life> open_life(caf::actor_system& system, const replica_config& config,
                                     const actors::node_environment& machine);

/// Tells everyone of the life who tells others.
void announce(const opened_life& life, const std::string& endpoint);

/// The role of the first life: what was asked for, unless the node has been promoted or deposed
/// since its directory was made.
bool begins_as_primary(const actors::directory_role& known, bool is_asked_for);

/// The primary of a new term is thought to be at `endpoint`; an address that is none is passed
/// over.
void look_first_at(replica_config& config, const std::string& endpoint);

} // namespace sluice::net
