#include "replication/topology_lag.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::replication {

durable_history::durable_history(std::size_t samples_max)
    : samples_max_(std::max<std::size_t>(samples_max, 4)) {}

void durable_history::note(const durable_point& reached, monotonic_ns now) {
  if (samples_.empty())
    older_record_bytes_ = reached.older_record_bytes;
  else if (reached.durable <= samples_.back().durable)
    return;
  if (samples_.size() >= samples_max_)
    merge_neighbours();
  samples_.push_back({reached.durable, reached.appended_bytes, now});
}

std::chrono::nanoseconds durable_history::age_after(lsn through, monotonic_ns now) const {
  auto found = first_past(through);
  return found == samples_.end() ? std::chrono::nanoseconds{0} : elapsed(found->at, now);
}

std::uint64_t durable_history::bytes_after(lsn through) const {
  auto found = first_past(through);
  if (found == samples_.end())
    return 0;
  auto missing = distance(through, found->durable);
  auto later_bytes = samples_.back().appended_bytes - found->appended_bytes;
  if (found == samples_.begin())
    return later_bytes + missing * older_record_bytes_;
  auto before = std::prev(found);
  auto records = distance(before->durable, found->durable);
  auto bytes = static_cast<double>(found->appended_bytes - before->appended_bytes);
  auto share = static_cast<double>(missing) / static_cast<double>(records);
  return later_bytes + static_cast<std::uint64_t>(std::llround(bytes * share));
}

/// The first sample stays, and the last one at or before `through`, from which bytes are
/// counted; what lies between them is as old as the oldest of it.
void durable_history::forget_before(lsn through) {
  auto end = first_past(through) - samples_.begin();
  if (end <= 2)
    return;
  samples_[static_cast<std::size_t>(end) - 1].at = samples_[1].at;
  samples_.erase(samples_.begin() + 1, samples_.begin() + end - 1);
}

std::deque<durable_history::sample>::const_iterator durable_history::first_past(lsn through) const {
  return std::partition_point(samples_.begin(), samples_.end(),
                              [&](const sample& x) { return x.durable <= through; });
}

/// Of two samples the later position stays with the earlier time: what is old seems older,
/// never younger. The first and the last stay as they are.
void durable_history::merge_neighbours() {
  std::deque<sample> fewer{samples_.front()};
  std::size_t i = 1;
  for (; i + 2 < samples_.size(); i += 2)
    fewer.push_back({samples_[i + 1].durable, samples_[i + 1].appended_bytes, samples_[i].at});
  for (; i < samples_.size(); ++i)
    fewer.push_back(samples_[i]);
  samples_ = std::move(fewer);
}

} // namespace sluice::replication
