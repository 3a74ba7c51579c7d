#include "replication/ancestry.hpp"

#include <algorithm>

namespace sluice::replication {

std::optional<lsn> shared_through(const std::vector<timeline_fork>& history, timeline_id timeline) {
  if (history.empty())
    return std::nullopt;
  auto wanted = history.back().id;
  lsn shared{UINT64_MAX};
  // A child stands behind its parent, so one way back through the entries meets every ancestor.
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    if (entry->id != wanted)
      continue;
    if (entry->id == timeline)
      return shared;
    // A later fork of an ancestor does not give back what an earlier one took away.
    shared = std::min(shared, entry->fork);
    wanted = entry->parent;
  }
  return std::nullopt;
}

} // namespace sluice::replication
