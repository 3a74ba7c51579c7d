#include "persistence/producers_through.hpp"

#include "persistence/segment_file.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

/// The log moves on under a reader (rolls, prunes): what failed on an old listing is tried again
/// on a new one.
constexpr int attempts_max = 3;
/// Nobody looks at the entries.
constexpr std::uint64_t index_interval_bytes = 1024 * 1024;

class table_reading {
public:
  table_reading(vfs& disk, const std::filesystem::path& directory, lsn at, producer_limits limits)
      : disk_(disk), directory_(directory), at_(at), table_(limits) {}

  caf::expected<std::string> run() {
    auto names = disk_.list(directory_);
    if (!names)
      return names.error();
    files_ = classify(*names);
    const auto& segments = files_.segments;
    auto behind = std::find_if(segments.begin(), segments.end(),
                               [&](segment_name name) { return name.first > at_; });
    auto end = static_cast<std::size_t>(behind - segments.begin());
    auto scan_from = begin_with_index(end);
    if (!scan_from)
      return scan_from.error();
    for (auto i = *scan_from; i < end; ++i)
      if (auto err = scan(i))
        return err;
    return table_.snapshot();
  }

private:
  /// The last index that says nothing of what is behind `at_`. @returns the segment after it
  caf::expected<std::size_t> begin_with_index(std::size_t end) {
    for (auto i = end; i > 0; --i) {
      auto segment = open_segment(disk_, directory_, files_.segments[i - 1], std::nullopt);
      if (!segment)
        return segment.error();
      auto index = load_index(disk_, *segment);
      if (!index)
        return index.error();
      if (!*index || (*index)->last > at_)
        continue;
      if (auto err = restore(**index))
        return err;
      return i;
    }
    if (auto err = begin_with_base())
      return err;
    return std::size_t{0};
  }

  caf::error begin_with_base() {
    if (files_.segments.empty())
      return {};
    auto first = open_segment(disk_, directory_, files_.segments.front(), std::nullopt);
    if (!first)
      return first.error();
    if (next(at_) < first->header.first)
      return make_error(errc::pruned, "producers through " + to_string(at_)
                                          + " are not known; the log begins at "
                                          + to_string(first->header.first));
    auto base = find_base_index(disk_, directory_, files_.indexes, first->header);
    if (!base)
      return base.error();
    if (*base)
      return restore((*base)->content);
    if (has_unknown_past(first->header))
      table_.begin_without_past();
    return {};
  }

  caf::error restore(const segment_index& index) {
    if (table_.restore(index.producers, index.producers_format))
      return {};
    return make_error(errc::corruption, directory_.string()
                                            + ": malformed producer table in the "
                                              "index of LSN "
                                            + to_string(index.first));
  }

  caf::error scan(std::size_t position) {
    const auto& segments = files_.segments;
    auto segment = open_segment(disk_, directory_, segments[position], std::nullopt);
    if (!segment)
      return segment.error();
    auto stop_after = position + 1 < segments.size()
                          ? std::min(at_, previous(segments[position + 1].first))
                          : at_;
    file_window window{*segment->bytes, segment->file_bytes};
    producer_collector producers;
    auto scanned =
        scan_segment(window, segment->header, index_interval_bytes, stop_after, producers);
    if (!scanned)
      return scanned.error();
    if (scanned->last != stop_after)
      return to_error(segment->damaged(scanned->end_offset, next(scanned->last),
                                       scanned->stop_reason.empty() ? "the segment ends"
                                                                    : scanned->stop_reason),
                      "read");
    for (const auto* stamps : {&producers.marked, &producers.unmarked})
      for (const auto& [stamp, where] : *stamps)
        table_.remember(stamp, where);
    return {};
  }

  vfs& disk_;
  const std::filesystem::path& directory_;
  lsn at_;
  log_files files_;
  producer_table table_;
};

} // namespace

caf::expected<std::string> producers_through(vfs& disk, const std::filesystem::path& directory,
                                             lsn at, producer_limits limits) {
  auto read = [&] { return table_reading{disk, directory, at, limits}.run(); };
  auto table = read();
  for (int i = 1; !table && i < attempts_max; ++i)
    table = read();
  return table;
}

} // namespace sluice::persistence
