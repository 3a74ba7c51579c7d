#include "replication/bookmark_rule.hpp"

namespace sluice::replication {

bookmark_verdict judge_bookmark(const bookmark& at, const bookmark& applied) {
  if (at.timeline != timeline_id{} && at.timeline != applied.timeline)
    return bookmark_verdict::other_timeline;
  return applied.lsn >= at.lsn ? bookmark_verdict::serve : bookmark_verdict::wait;
}

} // namespace sluice::replication
