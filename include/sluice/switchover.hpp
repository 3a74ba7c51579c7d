#pragma once

#include <sluice/node_config.hpp>
#include <sluice/types.hpp>

#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace sluice {

struct switchover_request {
  /// The primary, which hands over and goes on as a replica.
  node_endpoint from;
  /// A replica of it, with declared members one of them.
  node_endpoint to;
  /// For everything together: until the replica is close enough, and until it serves.
  std::chrono::milliseconds within{30'000};
  /// Optional: told what is waited for, each time that it is something else. Must not throw.
  std::function<void(const std::string&)> progress = {};
};

struct switchover_done {
  std::string primary;
  node_endpoint endpoint;
  sluice::term term;
  /// Through here the history is the old primary's.
  lsn fork;
  /// From when the old primary was asked to pause to when the new one was seen to take appends.
  std::chrono::milliseconds paused{0};
};

/// Moves the primary from a node that is well to another: nothing that was acknowledged is lost,
/// and writers wait meanwhile, they are not refused. What goes wrong before the old primary
/// stopped for good leaves it the primary, at the latest 3.2 s later by itself. After that the
/// switchover is brought to an end as things then are: the new primary is asked again, or, with
/// declared members and the new one gone, the old one is promoted again. Blocks, at most `within`
/// and 20 s.
/// @returns `errc::invalid_argument`, `unreachable`, `wrong_cluster`, `not_primary`, `wrong_role`
///   for a node that is no member, `behind_watermark`, `no_majority`, `fenced`, `in_use`, or
///   `timed_out`: the text says who is the primary, or what to do where nobody is
caf::expected<switchover_done> switch_over(caf::actor_system& system,
                                           const switchover_request& request);

} // namespace sluice
