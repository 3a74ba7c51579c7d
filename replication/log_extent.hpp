#pragma once

#include <sluice/types.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::replication {

/// The records that one segment of the log holds, and what it takes on the disk.
struct segment_extent {
  lsn first;
  lsn last;
  std::uint64_t bytes = 0;
  /// When it was begun, by the wall clock.
  timestamp_ms begun_at = {};
  friend bool operator==(const segment_extent&, const segment_extent&) = default;
};

/// Which records the log holds and where their bytes are. Inside a segment bytes are
/// taken to be spread evenly over its records. Only whole segments but the last can go.
class log_extent {
public:
  log_extent() = default;

  /// @pre `segments` are in order and without gaps; the last one is still written to
  explicit log_extent(std::vector<segment_extent> segments);

  /// The first record that is kept; the next one when there is none.
  lsn oldest() const { return oldest_; }
  /// The last record; {0} when there never was one.
  lsn last() const { return last_; }

  /// What the records after `after` take.
  std::uint64_t bytes_after(lsn after) const;

  /// The last record that must go for `bytes` to be given back at least; that of the last
  /// segment that can go when there are not so many.
  lsn through_to_free(std::uint64_t bytes) const;

  /// The last record that goes when records through `through` may; {0} for none.
  lsn last_freed(lsn through) const;

  /// What removing records through `through` gives back: whole segments only.
  std::uint64_t bytes_freed(lsn through) const;

  /// The last record that can go while the records after it take `bytes` at least; {0}
  /// for none.
  lsn through_to_keep(std::uint64_t bytes) const;

  /// The last record of the segments that were ended by `moment`; {0} for none. A segment
  /// ends when the next one begins.
  lsn through_ended_by(timestamp_ms moment) const;

private:
  std::size_t count_freed(lsn through) const;

  std::vector<segment_extent> segments_;
  /// What stands in segments before the one of the same index; one more than segments.
  std::vector<std::uint64_t> bytes_before_{0};
  lsn oldest_{1};
  lsn last_;
};

} // namespace sluice::replication
