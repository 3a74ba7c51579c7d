#include "persistence/inspect.hpp"

#include "persistence/recovery.hpp"
#include "persistence/segment_file.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

constexpr int attempts_max = 3;
constexpr std::uint64_t index_interval_bytes = 64 * 1024;

class silent_observer final : public scan_observer {
public:
  bool on_batch(const batch_header&, std::string_view, std::uint64_t) override { return true; }
  void on_mark(const mark&) override {}
};

caf::expected<segment_info> describe_segment(vfs& disk, segment_file segment) {
  segment_info info;
  info.file_name = segment_file_name(segment.name());
  info.header = segment.header;
  info.file_bytes = segment.file_bytes;
  auto index = load_index(disk, segment);
  if (!index)
    return index.error();
  if (*index) {
    info.is_closed = true;
    info.has_index = true;
    info.used_bytes = (*index)->end_offset + mark_bytes;
    info.last = (*index)->last;
    return info;
  }
  silent_observer nobody;
  auto found = scan_live_segment(*segment.bytes, segment.file_bytes, segment.header,
                                 index_interval_bytes, nobody);
  if (!found)
    return found.error();
  const auto& scan = found->scan;
  info.is_closed = scan.is_ended();
  info.used_bytes = scan.end_offset;
  info.last = scan.last >= segment.header.first ? scan.last : no_lsn;
  info.stop_reason = scan.stop_reason;
  info.is_damaged = found->later_mark || scan.stop_code == errc::unknown_version;
  return info;
}

caf::expected<log_extent> extent_by_recovery(vfs& disk, const std::filesystem::path& directory) {
  auto names = disk.list(directory);
  if (!names)
    return names.error();
  // Of the newest: those that were imported name no cluster.
  std::string cluster;
  if (auto segments = classify(*names).segments; !segments.empty()) {
    auto newest = open_segment(disk, directory, segments.back(), std::nullopt);
    if (!newest)
      return newest.error();
    cluster = newest->header.cluster;
  }
  auto found = recover(disk, directory, {}, {cluster});
  if (!found)
    return found.error();
  return log_extent{found->oldest, found->last, std::nullopt};
}

} // namespace

caf::expected<std::vector<segment_info>> list_segments(vfs& disk,
                                                       const std::filesystem::path& directory) {
  auto names = disk.list(directory);
  if (!names)
    return names.error();
  std::vector<segment_info> segments;
  for (auto name : classify(*names).segments) {
    auto segment = open_segment(disk, directory, name, std::nullopt);
    if (!segment)
      return segment.error();
    auto info = describe_segment(disk, std::move(*segment));
    if (!info)
      return info.error();
    segments.push_back(std::move(*info));
  }
  return segments;
}

caf::expected<log_extent> find_extent(vfs& disk, const std::filesystem::path& directory) {
  auto names = disk.list(directory);
  if (!names)
    return names.error();
  auto segments = classify(*names).segments;
  if (segments.empty())
    return log_extent{};
  auto newest = open_segment(disk, directory, segments.back(), std::nullopt);
  if (!newest)
    return newest.error();
  auto info = describe_segment(disk, std::move(*newest));
  if (!info)
    return info.error();
  auto last = info->last == no_lsn ? previous(info->header.first) : info->last;
  auto oldest = segments.front().first;
  auto extent = last < oldest ? log_extent{} : log_extent{oldest, last, {}};
  if (info->is_damaged)
    extent.cut_by =
        damage{directory / info->file_name, info->used_bytes, next(last), info->stop_reason};
  return extent;
}

caf::expected<log_extent> servable_extent(vfs& disk, const std::filesystem::path& directory) {
  auto extent = extent_by_recovery(disk, directory);
  for (int i = 1; !extent && i < attempts_max; ++i)
    extent = extent_by_recovery(disk, directory);
  return extent;
}

} // namespace sluice::persistence
