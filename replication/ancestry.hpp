#pragma once

#include <sluice/types.hpp>

#include <optional>
#include <vector>

namespace sluice::replication {

/// Where a timeline left its parent: through `fork` both are the same history. The first
/// timeline has no parent.
struct timeline_fork {
  timeline_id id;
  timeline_id parent;
  lsn fork;
  /// Of the history through `fork`.
  digest at_fork = {};
  friend bool operator==(const timeline_fork&, const timeline_fork&) = default;
};

/// The end of what two histories share.
struct fork_point {
  lsn through;
  /// Of the history through it.
  digest at;
  friend bool operator==(const fork_point&, const fork_point&) = default;
};

/// Where the last entry's history left `timeline`: the earliest fork on the way from it. None
/// when it is the last entry's own, or no ancestor of it.
/// @param history oldest first, as node_state keeps it
std::optional<fork_point> fork_of(const std::vector<timeline_fork>& history, timeline_id timeline);

/// On which of the timelines that lead to `timeline` a new one leaves it behind `at`: the last one
/// that had begun by then. `timeline` itself where the history does not say.
/// @param history oldest first, as node_state keeps it
timeline_id timeline_at(const std::vector<timeline_fork>& history, timeline_id timeline, lsn at);

/// Through which LSN the history of `timeline` belongs to that of the last entry;
/// `lsn{UINT64_MAX}` for the last entry's own. None when it is no ancestor of it.
/// @param history oldest first, as node_state keeps it
std::optional<lsn> shared_through(const std::vector<timeline_fork>& history, timeline_id timeline);

} // namespace sluice::replication
