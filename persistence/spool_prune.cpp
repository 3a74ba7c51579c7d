#include "persistence/durable_spool.hpp"

#include "persistence/file_window.hpp"

#include <algorithm>

namespace sluice::persistence {

caf::expected<lsn> durable_spool::prune_through(lsn through) {
  if (auto err = check_writable())
    return err;
  auto first_kept = std::find_if(closed_.begin(), closed_.end(),
                                 [&](const closed_segment& x) { return x.last > through; });
  // The producers of pruned records live on in the last pruned segment's index, so that
  // must be on disk before its segment goes. A full disk may only have room for less.
  caf::error no_index;
  while (first_kept != closed_.begin()) {
    no_index = ensure_index(*std::prev(first_kept));
    if (code_of(no_index) != errc::no_space)
      break;
    --first_kept;
  }
  if (no_index)
    return no_index;
  if (first_kept == closed_.begin())
    return oldest_lsn();
  const auto& last_pruned = *std::prev(first_kept);
  auto base = last_pruned.name;
  auto former_oldest = std::exchange(oldest_, next(last_pruned.last));
  // Before any file goes: it tells a half-done prune from a loss.
  if (auto err = write_mark(mark_kind::idle, 2)) {
    oldest_ = former_oldest;
    return err;
  }
  auto count = std::count_if(closed_.begin(), closed_.end(),
                             [&](const closed_segment& x) { return x.last < oldest_; });
  for (auto i = count; i > 0; --i) {
    auto segment = std::move(closed_.front());
    closed_.pop_front();
    if (auto err = retire(segment.name, segment.bytes))
      return latch(err);
    if (segment.name != base)
      chores_.push_back(remove_file{directory_ / index_file_name(segment.name)});
  }
  if (auto err = disk_.sync_directory(directory_))
    return latch(err);
  if (auto former_base = std::exchange(base_index_, base))
    chores_.push_back(remove_file{directory_ / index_file_name(*former_base)});
  return oldest_lsn();
}

caf::error durable_spool::ensure_index(const closed_segment& segment) {
  if (!segment.unwritten_index)
    return {};
  auto path = directory_ / index_file_name(segment.name);
  auto is_there = disk_.exists(path);
  if (!is_there)
    return is_there.error();
  if (*is_there)
    return {};
  return write_file(disk_, path, *segment.unwritten_index, ".prune");
}

/// Takes a segment out of the log. The directory is synced by the caller, once for all.
caf::error durable_spool::retire(segment_name name, std::uint64_t bytes) {
  auto from = directory_ / segment_file_name(name);
  if (bytes == options_.segment_bytes && factory_.ready_count() <= options_.recycled_segments_max) {
    auto to = directory_ / recycled_file_name(name);
    if (auto err = disk_.rename(from, to))
      return err;
    factory_.offer({to, bytes});
    return {};
  }
  // Unlinking a large file takes long: not here.
  auto to = directory_ / discarded_file_name(name);
  if (auto err = disk_.rename(from, to))
    return err;
  chores_.push_back(remove_file{to});
  return {};
}

void durable_spool::want_reserve() {
  auto is_queued = std::any_of(chores_.begin(), chores_.end(), [](const chore& one) {
    return std::holds_alternative<prepare_segment>(one);
  });
  // One that has not come within two rolls failed, or is no longer being made.
  if (is_queued || factory_.has_reserve() || rolls_since_asked_.value_or(2) < 2)
    return;
  chores_.push_back(prepare_segment{directory_, options_.segment_bytes});
  rolls_since_asked_ = 0;
}

std::vector<chore> durable_spool::take_chores() {
  return std::exchange(chores_, {});
}

void durable_spool::offer_prepared(prepared_segment segment) {
  rolls_since_asked_.reset();
  if (factory_.ready_count() > options_.recycled_segments_max)
    chores_.push_back(remove_file{std::move(segment.path)});
  else
    factory_.offer(std::move(segment));
}

caf::error check_append(std::span<const payload> records, const spool_options& options) {
  if (records.empty())
    return make_error(errc::invalid_argument, "append: no record");
  if (records.size() > options.append_records_max)
    return make_error(errc::batch_too_large, "append: " + std::to_string(records.size())
                                                 + " records, the limit is "
                                                 + std::to_string(options.append_records_max));
  auto append_bytes_max = std::min(options.append_bytes_max, options.segment_bytes / 2);
  std::uint64_t bytes = 0;
  for (const auto& record : records) {
    if (record.size() > options.record_bytes_max)
      return make_error(errc::too_large, "append: a record of " + std::to_string(record.size())
                                             + " bytes, the limit is "
                                             + std::to_string(options.record_bytes_max));
    bytes += record.size();
  }
  if (bytes > append_bytes_max)
    return make_error(errc::too_large, "append: " + std::to_string(bytes) + " bytes, the limit is "
                                           + std::to_string(append_bytes_max));
  return {};
}

} // namespace sluice::persistence
