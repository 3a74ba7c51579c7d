#pragma once

#include "replication/resume_rule.hpp"

#include <sluice/types.hpp>

#include <vector>

namespace sluice::replication {

/// The LSNs whose digests a replica sends, so that a primary can say where two histories
/// part: its end, then ever further back, each distance four times the last, and what
/// precedes its log; and where its timelines began, the newest 24 of them: what it shares with a
/// primary of another branch ends there. Ascending; empty for an empty log. At most 58.
/// @param oldest the first LSN that the replica still holds
/// @param forks ascending
std::vector<lsn> positions_to_prove(lsn oldest, lsn flushed, const std::vector<lsn>& forks = {});

/// What the primary's own log says of one of them.
enum class point_verdict : std::uint8_t {
  same,
  differs,
  /// It ends before.
  past_end,
  /// It no longer reaches back that far.
  pruned,
};

struct judged_point {
  lsn at;
  point_verdict verdict = point_verdict::same;
};

/// Whether a history whose points were judged so is the primary's. Digests are chained, so
/// the last point decides, and the others say how far both agree.
/// @param points ascending, the last one at the replica's end; empty for an empty replica
history_match match_of(const std::vector<judged_point>& points);

} // namespace sluice::replication
