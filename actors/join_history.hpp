#pragma once

#include "actors/context.hpp"
#include "messages/wire.hpp"
#include "replication/fork_search.hpp"

#include <optional>
#include <vector>

namespace sluice::actors {

/// The digests that a hello shows of this node's log, ascending, its end last: from them a
/// primary sees how far both histories agree. Where older ones cannot be read, the end alone.
/// Blocks on the disk.
/// @param oldest, tail of the open log; `tail` is its end
/// @param timelines of this node, oldest first
/// @param searched where it is known to part from the primary's: what is shown is of that
std::vector<messages::history_point>
join_history(const node_context& context, lsn oldest, const messages::history_point& tail,
             const std::vector<replication::timeline_entry>& timelines,
             const std::optional<replication::fork_range>& searched);

} // namespace sluice::actors
