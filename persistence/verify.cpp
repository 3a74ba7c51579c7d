#include "persistence/verify.hpp"

#include "persistence/copy_pair.hpp"
#include "persistence/inspect.hpp"
#include "persistence/node_state_codec.hpp"
#include "persistence/segment_file.hpp"
#include "persistence/slot_catalog_codec.hpp"
#include "persistence/unfinished_import.hpp"

#include <algorithm>
#include <array>

namespace sluice::persistence {

namespace {

constexpr int attempts_max = 3;
constexpr std::uint64_t index_interval_bytes = 64 * 1024;

/// Whether a file could not be read, rather than that something is wrong with it.
bool is_unreadable(const caf::error& err) {
  return code_of(err) == errc::io_error || code_of(err) == errc::overloaded;
}

/// Holds each entry of an index against the batches as they come by.
class index_checker final : public scan_observer {
public:
  explicit index_checker(std::vector<index_entry> entries) : entries_(std::move(entries)) {}

  bool on_batch(const batch_header& header, std::string_view frame,
                std::uint64_t byte_offset) override {
    index_entry here{header.base, byte_offset, header.previous_digest};
    if (matched_ < entries_.size() && entries_[matched_] == here)
      ++matched_;
    return producers_of(header, frame).has_value();
  }
  void on_mark(const mark&) override {}

  bool is_all_matched() const { return matched_ == entries_.size(); }

private:
  std::vector<index_entry> entries_;
  std::size_t matched_ = 0;
};

caf::expected<live_scan> scan_closed(const segment_file& segment, std::optional<lsn> stop_after,
                                     scan_observer& observer) {
  file_window window{*segment.bytes, segment.file_bytes};
  auto scan = scan_segment(window, segment.header, index_interval_bytes, stop_after, observer);
  if (!scan)
    return scan.error();
  return live_scan{std::move(*scan), {}};
}

class log_verifier {
public:
  log_verifier(vfs& disk, const std::filesystem::path& directory, const work_progress& on_progress)
      : disk_(disk), directory_(directory), on_progress_(on_progress) {}

  caf::expected<verify_report> run(const log_files& files) {
    segments_ = files.segments;
    if (auto err = leave_out_pruned())
      return err;
    for (std::size_t i = 0; i < segments_.size(); ++i)
      if (auto err = verify_segment(i))
        return err;
    for (auto name : files.indexes)
      if (auto err = verify_lone_index(name))
        return err;
    if (auto err = verify_log_end(files.indexes))
      return err;
    if (auto err =
            verify_pair<node_state_copy>(node_state_names, node_state_bytes_max, decode_node_state))
      return err;
    if (auto err = verify_pair<slot_catalog_copy>(slot_catalog_names, slot_catalog_bytes_max,
                                                  decode_slot_catalog))
      return err;
    report_.segments = segments_.size();
    return std::move(report_);
  }

private:
  struct joint {
    lsn last;
    digest tail_digest;
  };

  struct log_end {
    segment_header header;
    lsn last;
  };

  caf::error leave_out_pruned();
  caf::error verify_segment(std::size_t position);
  void verify_joint(const segment_file& segment);
  void verify_end(const segment_file& segment, const segment_scan& scan, bool is_cut);
  caf::error verify_live_end(const segment_file& segment, const live_scan& found);
  caf::error verify_lone_index(segment_name name);
  caf::error verify_log_end(const std::vector<segment_name>& indexes);
  template <class Copy, class Decode>
  caf::error verify_pair(const std::array<const char*, 2>& names, std::uint64_t bytes_max,
                         Decode decode);
  caf::expected<std::optional<segment_index>> index_of(const segment_file& segment);
  caf::error note(const std::filesystem::path& path, lsn position, const caf::error& err);

  vfs& disk_;
  const std::filesystem::path& directory_;
  const work_progress& on_progress_;
  std::vector<segment_name> segments_;
  /// The end of the segment before; nothing when that is damaged.
  std::optional<joint> before_;
  std::optional<log_end> last_;
  std::optional<std::string> cluster_;
  verify_report report_;
};

/// Damage goes into the report; that a file cannot be read ends the work.
caf::error log_verifier::note(const std::filesystem::path& path, lsn position,
                              const caf::error& err) {
  if (is_unreadable(err))
    return err;
  report_.damages.push_back({path, 0, position, describe(err), code_of(err)});
  return {};
}

caf::expected<std::optional<segment_index>> log_verifier::index_of(const segment_file& segment) {
  auto path = directory_ / index_file_name(segment.name());
  auto is_there = disk_.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return std::optional<segment_index>{};
  auto index = load_index_file(disk_, path);
  if (!index)
    return index.error();
  if (!*index)
    report_.damages.push_back({path, 0, segment.header.first, "damaged index"});
  return index;
}

/// What a prune that was cut short left behind is no longer part of the log: the next open
/// takes it away unread.
caf::error log_verifier::leave_out_pruned() {
  if (segments_.empty())
    return {};
  auto newest = open_segment(disk_, directory_, segments_.back(), std::nullopt);
  if (!newest)
    return is_unreadable(newest.error()) ? newest.error() : caf::error{};
  file_window window{*newest->bytes, newest->file_bytes};
  index_checker nobody{{}};
  auto scan = scan_segment(window, newest->header, index_interval_bytes, std::nullopt, nobody);
  if (!scan)
    return scan.error();
  auto oldest = oldest_said_by(newest->header, *scan);
  if (auto kept = first_kept(segments_, oldest)) {
    auto end = segments_.begin() + static_cast<std::ptrdiff_t>(*kept);
    for (auto name = segments_.begin(); name != end; ++name)
      report_.notes.push_back({directory_ / segment_file_name(*name), 0, name->first,
                               "pruned, still there; the next open takes it away"});
    segments_.erase(segments_.begin(), end);
  } else {
    report_.damages.push_back({directory_ / segment_file_name(segments_.front()), 0, oldest,
                               "the segment before this one is missing"});
  }
  return {};
}

caf::error log_verifier::verify_segment(std::size_t position) {
  auto name = segments_[position];
  auto segment = open_segment(disk_, directory_, name, cluster_);
  if (!segment) {
    before_.reset();
    return note(directory_ / segment_file_name(name), name.first, segment.error());
  }
  if (!segment->header.cluster.empty())
    cluster_ = segment->header.cluster;
  verify_joint(*segment);
  auto is_last = position + 1 == segments_.size();
  auto is_taken_over = !is_last && segments_[position + 1].generation > name.generation;
  auto stop_after =
      is_taken_over ? std::optional{previous(segments_[position + 1].first)} : std::nullopt;
  auto index = index_of(*segment);
  if (!index && is_unreadable(index.error()))
    return index.error();
  auto entries = index && *index ? (*index)->entries : std::vector<index_entry>{};
  index_checker checker{std::move(entries)};
  auto read = is_last ? scan_live_segment(*segment->bytes, segment->file_bytes, segment->header,
                                          index_interval_bytes, checker)
                      : scan_closed(*segment, stop_after, checker);
  if (!read)
    return read.error();
  const auto* scan = &read->scan;
  report_.bytes += scan->end_offset;
  if (scan->last >= name.first) {
    report_.records += distance(previous(name.first), scan->last);
    report_.first = report_.first == no_lsn ? name.first : report_.first;
    report_.last = scan->last;
  }
  auto damages = report_.damages.size();
  if (!is_last)
    verify_end(*segment, *scan, is_taken_over && scan->last == *stop_after);
  else if (auto err = verify_live_end(*segment, *read))
    return err;
  before_.reset();
  if (is_last)
    last_ = log_end{segment->header, scan->last};
  if (damages == report_.damages.size())
    before_ = joint{scan->last, scan->tail_digest};
  auto disagrees = [&](const segment_index& found) {
    return !found.is_of(segment->header) || found.last != scan->last
           || found.tail_digest != scan->tail_digest || !checker.is_all_matched()
           || !producer_table{{}}.restore(found.producers, found.producers_format);
  };
  if (before_ && index && *index && disagrees(**index))
    report_.damages.push_back({directory_ / index_file_name(name), 0, name.first,
                               "index does not agree with its segment"});
  if (on_progress_)
    on_progress_(position + 1, segments_.size());
  return {};
}

void log_verifier::verify_joint(const segment_file& segment) {
  if (!before_)
    return;
  if (segment.header.first != next(before_->last))
    report_.damages.push_back(segment.damaged(0, next(before_->last), "records are missing"));
  else if (segment.header.previous_digest != before_->tail_digest)
    report_.damages.push_back(
        segment.damaged(0, segment.header.first, "segment does not continue the one before it"));
}

void log_verifier::verify_end(const segment_file& segment, const segment_scan& scan, bool is_cut) {
  if (scan.is_ended() || is_cut)
    return;
  auto reason = scan.stop_reason.empty() ? "segment has no end" : scan.stop_reason;
  report_.damages.push_back(segment.damaged(scan.end_offset, next(scan.last), reason));
}

caf::error log_verifier::verify_live_end(const segment_file& segment, const live_scan& found) {
  const auto& scan = found.scan;
  if (scan.is_ended())
    return {};
  if (found.later_mark || scan.stop_code == errc::unknown_version)
    report_.damages.push_back(segment.damaged(scan.end_offset, next(scan.last), scan.stop_reason));
  if (found.later_mark)
    return {};
  file_window window{*segment.bytes, segment.file_bytes};
  auto started = started_bytes(window, segment.header, scan);
  if (!started)
    return started.error();
  if (*started > 0)
    report_.notes.push_back(segment.damaged(
        scan.end_offset, next(scan.last),
        "torn tail of a last write that nothing proves durable; the next open cuts it, "
        "unless a running node is writing it"));
  return {};
}

caf::error log_verifier::verify_lone_index(segment_name name) {
  if (std::find(segments_.begin(), segments_.end(), name) != segments_.end())
    return {};
  auto path = directory_ / index_file_name(name);
  auto index = load_index_file(disk_, path);
  if (!index)
    return note(path, name.first, index.error());
  auto is_there = disk_.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*index && *is_there)
    report_.damages.push_back({path, 0, name.first, "damaged index"});
  return {};
}

caf::error log_verifier::verify_log_end(const std::vector<segment_name>& indexes) {
  // What a damaged end holds is not known, and the damage is in the report.
  if (!segments_.empty() && !last_)
    return {};
  auto missing = last_ ? find_missing_end(disk_, directory_, indexes, &last_->header, last_->last)
                       : find_missing_end(disk_, directory_, indexes, nullptr, no_lsn);
  if (!missing)
    return code_of(missing.error()) == errc::unknown_version ? caf::error{} : missing.error();
  if (*missing)
    report_.damages.push_back(std::move(**missing));
  return {};
}

template <class Copy, class Decode>
caf::error log_verifier::verify_pair(const std::array<const char*, 2>& names,
                                     std::uint64_t bytes_max, Decode decode) {
  auto pair = read_copy_pair<Copy>(disk_, directory_, names, bytes_max, decode);
  // A running node may be writing one of them.
  for (int i = 1; i < attempts_max && pair && !(pair->good && pair->why_mended.empty()); ++i)
    pair = read_copy_pair<Copy>(disk_, directory_, names, bytes_max, decode);
  if (!pair)
    return note(directory_ / names[0], no_lsn, pair.error());
  if (!pair->damage.empty())
    report_.damages.push_back(
        {directory_ / names[0], 0, no_lsn, "no copy can be used: " + pair->damage});
  auto prefix = pair->other.string() + ": ";
  if (!pair->why_mended.empty())
    report_.notes.push_back({pair->other, 0, no_lsn,
                             pair->why_mended.substr(prefix.size())
                                 + "; the other copy counts, and the next start of "
                                   "the node mends this one"});
  return {};
}

} // namespace

caf::expected<verify_report> verify_log(vfs& disk, const std::filesystem::path& directory,
                                        const work_progress& on_progress) {
  caf::expected<verify_report> report{make_error(errc::io_error)};
  for (int i = 0; i < attempts_max; ++i) {
    auto before = disk.list(directory);
    if (!before)
      return before.error();
    if (auto found = find_unfinished_import(directory, *before)) {
      verify_report unfinished;
      unfinished.damages = {std::move(*found)};
      return unfinished;
    }
    report = log_verifier{disk, directory, on_progress}.run(classify(*before));
    if (report && report->damages.empty())
      break;
    // A running node may have rolled or pruned under us: then it is no damage yet.
    auto after = disk.list(directory);
    if (!after)
      return after.error();
    if (*before == *after)
      break;
  }
  return report;
}

namespace {

caf::expected<bool> holds_any(vfs& disk, const std::filesystem::path& directory,
                              const std::array<const char*, 2>& names) {
  for (const auto* name : names) {
    auto is_there = disk.exists(directory / name);
    if (!is_there || *is_there)
      return is_there;
  }
  return false;
}

/// A primary stores its slots before it first says in the node state that it was started.
caf::error note_missing_slots(vfs& disk, const std::filesystem::path& directory,
                              verify_report& report) {
  std::string ignored;
  auto state = read_node_state(disk, directory, ignored);
  // What is wrong with it is in the report.
  if (!state || !*state || (*state)->role != node_role::primary
      || (*state)->incarnation == incarnation{})
    return {};
  auto has_slots = holds_any(disk, directory, slot_catalog_names);
  if (!has_slots)
    return has_slots.error();
  if (!*has_slots)
    report.notes.push_back({directory / slot_catalog_names[0], 0, no_lsn,
                            "both copies of the slot catalog are missing: the node prunes nothing "
                            "until every member has joined or a slot is reset"});
  return {};
}

} // namespace

caf::expected<verify_report> verify_directory(vfs& disk, const std::filesystem::path& directory,
                                              const work_progress& on_progress) {
  auto report = verify_log(disk, directory, on_progress);
  if (!report || report->segments == 0)
    return report;
  auto has_state = holds_any(disk, directory, node_state_names);
  if (!has_state)
    return has_state.error();
  // Segments that were put aside, or copied, have no node and miss none.
  auto is_of_a_node = disk.exists(directory / lock_file_name);
  if (!is_of_a_node)
    return is_of_a_node.error();
  if (!*has_state && *is_of_a_node)
    report->damages.push_back({directory / node_state_names[0], 0, no_lsn,
                               "both copies of the node state are missing beside segments"});
  if (auto err = note_missing_slots(disk, directory, *report))
    return err;
  return report;
}

} // namespace sluice::persistence
