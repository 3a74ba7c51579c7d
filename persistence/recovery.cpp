#include "persistence/recovery.hpp"

#include "persistence/segment_scan.hpp"
#include "persistence/spool_reader.hpp"
#include "persistence/unfinished_import.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

class log_recovery {
public:
  log_recovery(vfs& disk, const std::filesystem::path& directory, const spool_options& options,
               const spool_identity& identity)
      : disk_(disk), directory_(directory), options_(options), identity_(identity), log_(options) {}

  caf::expected<recovered_log> run() {
    auto names = disk_.list(directory_);
    if (!names)
      return names.error();
    if (auto found = find_unfinished_import(directory_, *names))
      return refuse(*found);
    files_ = classify(*names);
    log_.report.clean_close = files_.segments.empty();
    if (!files_.segments.empty())
      if (auto err = read_log())
        return err;
    if (auto err = check_end())
      return err;
    if (auto err = sort_out_files())
      return err;
    return std::move(log_);
  }

private:
  caf::error read_log();
  caf::expected<segment_file> open_at(std::size_t position) {
    return open_segment(disk_, directory_, files_.segments[position], identity_.cluster);
  }
  caf::error scan_active();
  caf::error drop_pruned();
  caf::error read_base_index(const segment_file& first_segment);
  caf::error read_closed(segment_file& segment, const segment_file& after);
  caf::error read_closed_by_scan(segment_file& segment, const segment_file& after);
  caf::error check_joint(const segment_file& after, lsn last, digest tail_digest) const;
  caf::error take_active();
  caf::error take_torn(file_window& window, const segment_file& segment);
  caf::error take_tail(const segment_file& segment);
  caf::error materialize_producers();
  caf::error check_end() const;
  caf::error sort_out_files();

  static caf::error refuse(const damage& found) { return to_error(found, "open"); }

  vfs& disk_;
  const std::filesystem::path& directory_;
  const spool_options& options_;
  const spool_identity& identity_;
  log_files files_;
  segment_file active_;
  segment_scan active_scan_;
  producer_collector active_producers_;
  /// The last index that was read; the table is only built from it when it is needed.
  std::optional<segment_index> index_before_;
  recovered_log log_;
};

caf::error log_recovery::read_log() {
  if (auto err = scan_active())
    return err;
  if (auto err = drop_pruned())
    return err;
  log_.oldest = files_.segments.front().first;
  // Never more than two open at a time, however long the log is.
  auto segment = open_at(0);
  if (!segment)
    return segment.error();
  if (auto err = read_base_index(*segment))
    return err;
  for (std::size_t i = 0; i + 1 < files_.segments.size(); ++i) {
    auto after = open_at(i + 1);
    if (!after)
      return after.error();
    if (auto err = read_closed(*segment, *after))
      return err;
    segment = std::move(after);
  }
  if (auto err = materialize_producers())
    return err;
  return take_active();
}

caf::error log_recovery::scan_active() {
  auto opened = open_at(files_.segments.size() - 1);
  if (!opened)
    return opened.error();
  active_ = std::move(*opened);
  auto& segment = active_;
  file_window window{*segment.bytes, segment.file_bytes};
  auto scan = scan_segment(window, segment.header, options_.index_interval_bytes, std::nullopt,
                           active_producers_);
  if (!scan)
    return scan.error();
  active_scan_ = std::move(*scan);
  auto found =
      segment.damaged(active_scan_.end_offset, next(active_scan_.last), active_scan_.stop_reason);
  if (active_scan_.is_ended())
    return {};
  if (active_scan_.stop_code == errc::unknown_version) {
    found.code = errc::unknown_version;
    return refuse(found);
  }
  // A mark says that all before it was durable: then this is no torn tail.
  auto later = find_mark(window, segment.header, active_scan_.end_offset);
  if (!later)
    return later.error();
  if (*later) {
    found.reason += "; a mark at offset " + std::to_string(**later) + " proves what follows";
    return refuse(found);
  }
  return take_torn(window, segment);
}

caf::error log_recovery::take_torn(file_window& window, const segment_file& segment) {
  auto started = started_bytes(window, segment.header, active_scan_);
  if (!started)
    return started.error();
  if (*started == 0)
    return {};
  auto bytes = window.view(active_scan_.end_offset, *started);
  if (!bytes)
    return bytes.error();
  log_.torn_bytes = std::string{*bytes};
  log_.report.torn =
      torn_tail{segment.path, active_scan_.end_offset, bytes->size(), next(active_scan_.last), {}};
  return {};
}

/// A prune writes the new oldest LSN into a mark before it takes files away, so that a
/// crash in the middle can be told from a loss.
caf::error log_recovery::drop_pruned() {
  auto oldest = oldest_said_by(active_.header, active_scan_);
  auto& names = files_.segments;
  auto position = first_kept(names, oldest);
  if (!position)
    return refuse({directory_ / segment_file_name(names.front()), 0, oldest,
                   "the segment before this one is missing"});
  auto keep_from = names.begin() + static_cast<std::ptrdiff_t>(*position);
  log_.pruned.assign(names.begin(), keep_from);
  names.erase(names.begin(), keep_from);
  return {};
}

caf::error log_recovery::read_base_index(const segment_file& first_segment) {
  auto found = find_base_index(disk_, directory_, files_.indexes, first_segment.header);
  if (!found)
    return found.error();
  if (!*found) {
    if (has_unknown_past(first_segment.header))
      log_.producers.begin_without_past();
    return {};
  }
  auto& [name, index] = **found;
  log_.base_index = name;
  log_.last_term = index.last_term;
  log_.last_timeline = index.last_timeline;
  index_before_ = std::move(index);
  return {};
}

caf::error log_recovery::check_joint(const segment_file& after, lsn last,
                                     digest tail_digest) const {
  if (after.header.first != next(last))
    return refuse(after.damaged(0, next(last),
                                "records before this segment are missing: the one before ends at "
                                    + to_string(last)));
  if (after.header.previous_digest != tail_digest)
    return refuse(
        after.damaged(0, after.header.first, "segment does not continue the one before it"));
  return {};
}

caf::error log_recovery::read_closed(segment_file& segment, const segment_file& after) {
  auto index = load_index(disk_, segment);
  if (!index)
    return index.error();
  if (!*index)
    return read_closed_by_scan(segment, after);
  auto& found = **index;
  if (auto err = check_joint(after, found.last, found.tail_digest))
    return err;
  log_.closed.push_back(
      {segment.name(), segment.file_bytes, found.last, segment.header.created_at, nullptr});
  log_.last_term = found.last_term;
  log_.last_timeline = found.last_timeline;
  index_before_ = std::move(found);
  return {};
}

caf::error log_recovery::read_closed_by_scan(segment_file& segment, const segment_file& after) {
  if (auto err = materialize_producers())
    return err;
  auto is_taken_over = after.header.generation > segment.header.generation;
  auto stop_after = is_taken_over ? std::optional{previous(after.header.first)} : std::nullopt;
  file_window window{*segment.bytes, segment.file_bytes};
  producer_collector producers;
  auto scan =
      scan_segment(window, segment.header, options_.index_interval_bytes, stop_after, producers);
  if (!scan)
    return scan.error();
  auto is_cut = is_taken_over && !scan->is_ended() && scan->last == *stop_after;
  if (!scan->is_ended() && !is_cut) {
    auto reason = scan->stop_reason.empty() ? "segment has no end" : scan->stop_reason;
    auto found = segment.damaged(scan->end_offset, next(scan->last), reason);
    found.code = scan->stop_code == errc::unknown_version ? scan->stop_code : errc::corruption;
    return refuse(found);
  }
  if (auto err = check_joint(after, scan->last, scan->tail_digest))
    return err;
  for (const auto* stamps : {&producers.marked, &producers.unmarked})
    for (const auto& [stamp, where] : *stamps)
      log_.producers.remember(stamp, where);
  // The end mark goes over the last mark, which may not have reached the disk.
  auto end = scan->ends_with_mark ? scan->last_mark->byte_offset : scan->end_offset;
  if (is_cut)
    log_.cuts.push_back({segment.header, end, scan->last, scan->tail_digest});
  log_.last_term = scan->last_term;
  log_.last_timeline = segment.header.timeline;
  segment_index index{segment.header.salt,
                      segment.header.first,
                      scan->last,
                      segment.header.generation,
                      end,
                      scan->tail_digest,
                      scan->last_term,
                      segment.header.timeline,
                      scan->entries,
                      log_.producers.snapshot(),
                      producer_format::runs};
  log_.closed.push_back({segment.name(), segment.file_bytes, scan->last, segment.header.created_at,
                         std::make_shared<const std::string>(encode(index))});
  return {};
}

caf::error log_recovery::materialize_producers() {
  if (!index_before_)
    return {};
  auto index = std::move(*index_before_);
  index_before_.reset();
  if (log_.producers.restore(index.producers, index.producers_format))
    return {};
  return make_error(errc::corruption,
                    "open: " + directory_.string() + ": malformed producer table in an index");
}

caf::error log_recovery::take_active() {
  auto& segment = active_;
  const auto& scan = active_scan_;
  for (const auto& [stamp, where] : active_producers_.marked)
    log_.producers.remember(stamp, where);
  log_.tail_stamps = std::move(active_producers_.unmarked);
  log_.last = scan.last;
  log_.tail_digest = scan.tail_digest;
  // Nothing that precedes it is kept: it says under which term that was.
  if (log_.closed.empty() && segment.header.first > lsn{1})
    log_.last_term = segment.header.term;
  log_.marked_term = scan.last_mark && scan.last_mark->durable_through >= segment.header.first
                         ? scan.marked_term
                         : log_.last_term;
  if (scan.last >= segment.header.first) {
    log_.last_term = scan.last_term;
    log_.last_timeline = segment.header.timeline;
  }
  last_segment active;
  active.header = segment.header;
  active.bytes = segment.file_bytes;
  active.last = scan.last_mark ? scan.last_mark->durable_through : previous(segment.header.first);
  active.is_clean =
      scan.ends_with_mark && scan.last_mark->kind == mark_kind::clean_close && !log_.report.torn;
  // Over the last mark even after a clean close: all before it is durable, but whether it
  // is itself cannot be read from the page cache.
  active.next_offset = scan.last_mark ? scan.last_mark->byte_offset : segment_header_bytes;
  active.last_mark = scan.last_mark;
  for (const auto& entry : scan.entries)
    if (entry.byte_offset < active.next_offset)
      active.entries.push_back(entry);
  log_.report.clean_close = active.is_clean;
  log_.report.marked_through = active.last;
  log_.report.rewritten_records = distance(active.last, scan.last);
  log_.marked_digest =
      scan.last_mark ? scan.last_mark->tail_digest : segment.header.previous_digest;
  log_.active = std::move(active);
  return take_tail(segment);
}

caf::error log_recovery::take_tail(const segment_file& segment) {
  if (log_.report.rewritten_records == 0)
    return {};
  auto begin = active_scan_.last_mark->byte_offset + mark_bytes;
  log_.tail.resize(static_cast<std::size_t>(active_scan_.end_offset - begin));
  auto got = segment.bytes->read_at(begin, log_.tail);
  if (!got)
    return got.error();
  // Checked again: a disk may give other bytes the second time.
  auto block = payload::take(std::string{log_.tail});
  auto again = parse_frames(block);
  if (!again || again->empty() || again->back().tail_digest != log_.tail_digest)
    return refuse(
        segment.damaged(begin, next(log_.report.marked_through), "two reads gave different bytes"));
  return {};
}

caf::error log_recovery::check_end() const {
  const auto* last_header = files_.segments.empty() ? nullptr : &active_.header;
  auto missing = find_missing_end(disk_, directory_, files_.indexes, last_header, log_.last);
  if (!missing)
    return missing.error();
  return *missing ? refuse(**missing) : caf::error{};
}

caf::error log_recovery::sort_out_files() {
  log_.retired = files_.superseded;
  log_.leftovers = files_.discarded;
  log_.unfinished = files_.unfinished;
  for (auto name : files_.indexes) {
    auto is_kept = std::any_of(log_.closed.begin(), log_.closed.end(),
                               [&](const closed_segment& x) { return x.name == name; });
    if (!is_kept && log_.base_index != name)
      log_.leftovers.push_back(index_file_name(name));
  }
  for (const auto& name : files_.ready) {
    auto opened = disk_.open(directory_ / name, open_mode::read);
    auto bytes = opened ? (*opened)->size() : caf::expected<std::uint64_t>{opened.error()};
    if (!bytes)
      return bytes.error();
    if (*bytes >= options_.segment_bytes && log_.ready.size() <= options_.recycled_segments_max)
      log_.ready.push_back({directory_ / name, *bytes});
    else
      log_.leftovers.push_back(name);
  }
  return {};
}

} // namespace

caf::expected<recovered_log> recover(vfs& disk, const std::filesystem::path& directory,
                                     const spool_options& options, const spool_identity& identity) {
  return log_recovery{disk, directory, options, identity}.run();
}

} // namespace sluice::persistence
