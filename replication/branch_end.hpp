#pragma once

#include "replication/ancestry.hpp"
#include "replication/confirm_rule.hpp"

#include <vector>

namespace sluice::replication {

/// Where what a node holds of the history that `history` leads to ends. What it holds behind the
/// LSN at which that history left its timeline is a branch of its own: it is put aside when it
/// joins, and the promotion that left it there was decided without it. `end` itself where it holds
/// nothing of that kind, or where nobody knows.
/// @param history of whom the node is held against, oldest first; empty: not known
/// @param timeline, end what the node says of itself
history_end end_within(const std::vector<timeline_fork>& history, timeline_id timeline,
                       const history_end& end);

} // namespace sluice::replication
