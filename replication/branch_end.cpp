#include "replication/branch_end.hpp"

namespace sluice::replication {

history_end end_within(const std::vector<timeline_fork>& history, timeline_id timeline,
                       const history_end& end) {
  if (history.empty() || timeline >= history.back().id)
    return end;
  auto shared = shared_through(history, timeline).value_or(no_lsn);
  // Of which term the shared part ends is not known; no longer than the history it is part of.
  return end.flushed > shared ? history_end{{}, shared} : end;
}

} // namespace sluice::replication
