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
  friend bool operator==(const timeline_fork&, const timeline_fork&) = default;
};

/// Through which LSN the history of `timeline` belongs to that of the last entry;
/// `lsn{UINT64_MAX}` for the last entry's own. None when it is no ancestor of it.
/// @param history oldest first, as node_state keeps it
std::optional<lsn> shared_through(const std::vector<timeline_fork>& history, timeline_id timeline);

} // namespace sluice::replication
