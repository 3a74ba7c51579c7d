#include "persistence/rdlw_import.hpp"

#include "persistence/node_state.hpp"
#include "persistence/reddb_slots.hpp"
#include "persistence/segment_name.hpp"
#include "persistence/slot_catalog.hpp"
#include "persistence/unfinished_import.hpp"

#include <algorithm>
#include <vector>

namespace sluice::persistence {

namespace {

/// As the batches that a primary writes: large enough that an fdatasync for each costs
/// little, small enough to travel.
constexpr std::uint64_t batch_payload_bytes = mebibyte;
constexpr std::size_t batch_records_max = 8192;

constexpr timeline_id first_timeline{1};

caf::error check_holds_no_log(vfs& disk, const std::filesystem::path& directory) {
  auto names = disk.list(directory);
  if (!names)
    return names.error();
  auto refuse = [&](const std::string& reason) {
    return make_error(errc::io_error, "import: " + directory.string() + ": " + reason);
  };
  if (auto found = find_unfinished_import(directory, *names))
    return refuse(found->reason);
  for (const auto& name : *names)
    if (name.starts_with("node_state.") || name.starts_with("slots."))
      return refuse("it belongs to a node already");
  auto files = classify(*names);
  if (!files.segments.empty() || !files.indexes.empty() || !files.ready.empty()
      || !files.discarded.empty() || !files.unfinished.empty())
    return refuse("it holds a log already");
  return {};
}

/// Records of one term on their way into one batch.
struct gathered_batch {
  std::vector<append_entry> entries;
  std::uint64_t bytes = 0;
  sluice::term term;

  bool takes(const rdlw_frame& frame) const {
    return entries.empty()
           || (frame.term == term && bytes + frame.payload.size() <= batch_payload_bytes
               && entries.size() < batch_records_max);
  }
  void add(const rdlw_frame& frame) {
    term = frame.term;
    bytes += frame.payload.size();
    append_entry entry;
    entry.records = {payload{frame.payload}};
    entry.timestamp = frame.timestamp;
    entry.ownership_epoch = frame.ownership_epoch;
    entries.push_back(std::move(entry));
  }
};

class rdlw_import {
public:
  rdlw_import(vfs& disk, const std::filesystem::path& directory, const spool_options& options,
              spool_environment environment, const work_progress& on_progress,
              std::vector<replication::slot> slots)
      : disk_(disk)
      , directory_(directory)
      , options_(options)
      , environment_(environment)
      , on_progress_(on_progress)
      , slots_(std::move(slots)) {}

  caf::expected<import_report> run(const std::filesystem::path& path) {
    auto reader = rdlw_reader::open(disk_, path);
    if (!reader)
      return reader.error();
    auto item = (*reader)->next();
    if (!item)
      return item.error();
    if (auto* found = std::get_if<damage>(&*item)) {
      report_.damaged = std::move(*found);
      return std::move(report_);
    }
    // Held until all is in place.
    auto held = begin(path);
    if (!held)
      return held.error();
    if (auto err = take_all(**reader, std::move(*item)))
      return err;
    if (auto err = finish())
      return err;
    return std::move(report_);
  }

private:
  caf::expected<std::unique_ptr<directory_lock>> begin(const std::filesystem::path& path);
  caf::error take_all(rdlw_reader& reader, rdlw_item item);
  caf::error take(const rdlw_frame& frame);
  caf::error flush();
  caf::error write_indexes();
  caf::error store_slots();
  caf::error finish();

  vfs& disk_;
  const std::filesystem::path& directory_;
  const spool_options& options_;
  spool_environment environment_;
  const work_progress& on_progress_;
  std::vector<replication::slot> slots_;
  std::unique_ptr<spool> log_;
  gathered_batch batch_;
  sluice::term highest_;
  import_report report_;
};

caf::expected<std::unique_ptr<directory_lock>>
rdlw_import::begin(const std::filesystem::path& path) {
  if (auto err = disk_.create_directories(directory_))
    return err;
  auto held = disk_.lock(directory_);
  if (!held)
    return held.error();
  if (auto err = check_holds_no_log(disk_, directory_))
    return err;
  // An empty log has no file yet, so that the marker is there before the first of them.
  auto opened = spool::open(disk_, directory_, options_, {}, environment_);
  if (!opened)
    return opened.error();
  log_ = std::move(*opened);
  auto text = "An import of " + path.string()
              + " has not put all of it here: until it has, or when it was ended, this is no "
                "log.\nRemove what is in this directory, and import again.\n";
  if (auto err = write_file(disk_, directory_ / unfinished_import_name, text))
    return err;
  return held;
}

caf::error rdlw_import::take_all(rdlw_reader& reader, rdlw_item item) {
  while (auto* frame = std::get_if<rdlw_frame>(&item)) {
    if (auto err = take(*frame))
      return err;
    if (on_progress_)
      on_progress_(reader.byte_offset(), reader.file_bytes());
    auto after = reader.next();
    if (!after)
      return after.error();
    item = std::move(*after);
  }
  if (auto* torn = std::get_if<rdlw_torn>(&item))
    report_.torn = std::move(*torn);
  else if (auto* found = std::get_if<damage>(&item))
    report_.damaged = std::move(*found);
  return flush();
}

caf::error rdlw_import::take(const rdlw_frame& frame) {
  if (frame.payload.size() > options_.record_bytes_max)
    return make_error(errc::too_large, "import: the record at LSN " + to_string(frame.lsn) + " has "
                                           + std::to_string(frame.payload.size())
                                           + " bytes; a log holds records of at most "
                                           + std::to_string(options_.record_bytes_max));
  if (report_.records == 0) {
    report_.first = frame.lsn;
    if (frame.lsn != log_->next_lsn())
      if (auto err = log_->start_at(frame.lsn, digest{}))
        return err;
  }
  if (!batch_.takes(frame))
    if (auto err = flush())
      return err;
  batch_.add(frame);
  ++report_.records;
  report_.last = frame.lsn;
  report_.bytes += frame.payload.size();
  highest_ = std::max(highest_, frame.term);
  return {};
}

caf::error rdlw_import::flush() {
  if (batch_.entries.empty())
    return {};
  auto written = log_->append(batch_.entries, batch_.term, first_timeline);
  if (!written)
    return written.error();
  batch_ = {};
  return write_indexes();
}

/// Large groups don't need a segment whose blocks were written before: of the chores only
/// the indexes are done.
caf::error rdlw_import::write_indexes() {
  for (const auto& work : log_->take_chores())
    if (!std::holds_alternative<prepare_segment>(work))
      if (auto done = run_chore(disk_, work, {}); !done)
        return done.error();
  return {};
}

/// What the first start finds, as it finds the slots of any other life.
caf::error rdlw_import::store_slots() {
  if (slots_.empty())
    return {};
  slot_list list{fit_reddb_slots(std::move(slots_), report_.last), ""};
  report_.slots = list.slots.size();
  report_.slots_lost = static_cast<std::uint64_t>(std::count_if(
      list.slots.begin(), list.slots.end(), [](const auto& x) { return !x.is_valid(); }));
  return slot_catalog{disk_, directory_}.store(list);
}

caf::error rdlw_import::finish() {
  if (auto err = log_->close())
    return err;
  if (auto err = write_indexes())
    return err;
  if (auto err = store_slots())
    return err;
  report_.next_term = next(highest_);
  node_state state;
  state.storage = storage_id{environment_.random->next()};
  state.term = report_.next_term;
  state.timeline = first_timeline;
  if (auto err = node_state_store{disk_, directory_}.store(state))
    return err;
  // Last: without it the directory counts as whole.
  if (auto err = disk_.remove(directory_ / unfinished_import_name))
    return err;
  return disk_.sync_directory(directory_);
}

} // namespace

caf::expected<import_report>
import_rdlw(vfs& disk, const std::filesystem::path& file, const std::filesystem::path& directory,
            const spool_options& options, spool_environment environment,
            const work_progress& on_progress, std::vector<replication::slot> slots) {
  return rdlw_import{disk, directory, options, environment, on_progress, std::move(slots)}.run(
      file);
}

} // namespace sluice::persistence
