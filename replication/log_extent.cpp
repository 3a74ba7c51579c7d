#include "replication/log_extent.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

/// Of `bytes` that `count` records take evenly, what `some` of them take.
std::uint64_t share(std::uint64_t bytes, std::uint64_t some, std::uint64_t count) {
  auto part = static_cast<double>(some) / static_cast<double>(count);
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * part);
}

} // namespace

log_extent::log_extent(std::vector<segment_extent> segments) : segments_(std::move(segments)) {
  for (const auto& segment : segments_)
    bytes_before_.push_back(bytes_before_.back() + segment.bytes);
  if (segments_.empty())
    return;
  oldest_ = segments_.front().first;
  last_ = segments_.back().last;
}

std::uint64_t log_extent::bytes_after(lsn after) const {
  auto position =
      std::partition_point(segments_.begin(), segments_.end(),
                           [&](const segment_extent& segment) { return segment.last <= after; });
  if (position == segments_.end())
    return 0;
  auto index = static_cast<std::size_t>(position - segments_.begin());
  auto later = bytes_before_.back() - bytes_before_[index + 1];
  auto records = distance(previous(position->first), position->last);
  auto kept = std::min(records, distance(after, position->last));
  return later + share(position->bytes, kept, records);
}

lsn log_extent::through_to_free(std::uint64_t bytes) const {
  lsn through;
  for (std::size_t i = 0; i + 1 < segments_.size() && bytes_before_[i] < bytes; ++i)
    through = segments_[i].last;
  return through;
}

std::size_t log_extent::count_freed(lsn through) const {
  std::size_t count = 0;
  while (count + 1 < segments_.size() && segments_[count].last <= through)
    ++count;
  return count;
}

lsn log_extent::last_freed(lsn through) const {
  auto count = count_freed(through);
  return count == 0 ? no_lsn : segments_[count - 1].last;
}

std::uint64_t log_extent::bytes_freed(lsn through) const {
  return bytes_before_[count_freed(through)];
}

lsn log_extent::through_to_keep(std::uint64_t bytes) const {
  lsn through;
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i)
    if (bytes_before_.back() - bytes_before_[i + 1] >= bytes)
      through = segments_[i].last;
  return through;
}

lsn log_extent::through_ended_by(timestamp_ms moment) const {
  lsn through;
  // Up to the first that was not: a clock that was set back may have stamped later ones earlier.
  for (std::size_t i = 0; i + 1 < segments_.size() && segments_[i + 1].begun_at <= moment; ++i)
    through = segments_[i].last;
  return through;
}

} // namespace sluice::replication
