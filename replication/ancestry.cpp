#include "replication/ancestry.hpp"

namespace sluice::replication {

std::optional<fork_point> fork_of(const std::vector<timeline_fork>& history, timeline_id timeline) {
  if (history.empty() || history.back().id == timeline)
    return std::nullopt;
  auto wanted = history.back().id;
  fork_point earliest{lsn{UINT64_MAX}, {}};
  // A child stands behind its parent, so one way back through the entries meets every ancestor.
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    if (entry->id != wanted)
      continue;
    if (entry->id == timeline)
      return earliest;
    // A later fork of an ancestor does not give back what an earlier one took away.
    if (entry->fork < earliest.through)
      earliest = {entry->fork, entry->at_fork};
    wanted = entry->parent;
  }
  return std::nullopt;
}

timeline_id timeline_at(const std::vector<timeline_fork>& history, timeline_id timeline, lsn at) {
  // A child stands behind its parent.
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry)
    if (entry->id == timeline && entry->fork > at)
      timeline = entry->parent;
  return timeline;
}

std::optional<lsn> shared_through(const std::vector<timeline_fork>& history, timeline_id timeline) {
  if (!history.empty() && history.back().id == timeline)
    return lsn{UINT64_MAX};
  auto fork = fork_of(history, timeline);
  return fork ? std::optional{fork->through} : std::nullopt;
}

} // namespace sluice::replication
