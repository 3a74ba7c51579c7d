#pragma once

#include "replication/monotonic_time.hpp"

#include <sluice/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace sluice::replication {

/// What the primary has durable at some moment.
struct durable_point {
  lsn durable;
  /// Bytes of log appended in this life of the primary.
  std::uint64_t appended_bytes = 0;
  /// Bytes of an average record that was there before.
  std::uint64_t older_record_bytes = 0;
};

/// When which position of the primary's log became durable, in samples: what makes of a
/// position a lag in seconds and bytes. Bounded: when it is full, neighbours are merged, so
/// that it reaches back further at a coarser grain.
class durable_history {
public:
  explicit durable_history(std::size_t samples_max = 1024);

  /// The log is so long by now. One that has not grown changes nothing.
  void note(const durable_point& reached, monotonic_ns now);

  /// How long ago the first record after `through` became durable; zero when there is
  /// none. Too little by at most the time between two samples; of what was there before
  /// the first sample, the time since then.
  std::chrono::nanoseconds age_after(lsn through, monotonic_ns now) const;

  /// Bytes of log after `through`; within a sample every record counts the same.
  std::uint64_t bytes_after(lsn through) const;

  /// Nobody who is known lacks what is before `through`: it may be kept at a coarse grain.
  void forget_before(lsn through);

  lsn durable() const { return samples_.empty() ? no_lsn : samples_.back().durable; }
  std::size_t size() const { return samples_.size(); }

private:
  struct sample {
    lsn durable;
    std::uint64_t appended_bytes = 0;
    monotonic_ns at;
  };

  std::deque<sample>::const_iterator first_past(lsn through) const;
  void merge_neighbours();

  std::size_t samples_max_;
  std::uint64_t older_record_bytes_ = 0;
  std::deque<sample> samples_;
};

} // namespace sluice::replication
