#pragma once

#include <sluice/types.hpp>

#include <optional>
#include <vector>

namespace sluice::replication {

/// Two histories agree through `after` and are different at `parted_at`; between, nobody has said.
struct fork_range {
  lsn after;
  lsn parted_at;
  friend bool operator==(const fork_range&, const fork_range&) = default;
};

/// A replica's search for where its history left its primary's: each answer narrows the range in
/// which the next hello proves points, by a factor of 49. For n records it ends after
/// O(log n) answers.
class fork_search {
public:
  /// Whether the range is worth one more hello. Otherwise the search is over, and what was told is
  /// as exact as the two can say.
  /// @param in the term of who told it: another primary begins another search
  /// @param oldest the first LSN that the replica still holds
  bool goes_on_with(term in, fork_range told, lsn oldest);

  /// Whatever was told is taken.
  void end() { range_.reset(); }

  /// What the next hello is to prove points of; none while nothing is searched.
  const std::optional<fork_range>& range() const { return range_; }

private:
  std::optional<fork_range> range_;
  term in_;
};

/// The LSNs whose digests a replica sends during a search: of the range 48 in equal steps, its ends
/// and the one before its last; its own end, and what precedes its log. Ascending, at most 53.
/// @param oldest the first LSN that the replica still holds
std::vector<lsn> positions_within(const fork_range& range, lsn oldest, lsn flushed);

} // namespace sluice::replication
