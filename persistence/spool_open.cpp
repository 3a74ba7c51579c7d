#include "persistence/durable_spool.hpp"

#include "persistence/file_window.hpp"
#include "persistence/spool_reader.hpp"

#include <algorithm>
#include <array>

namespace sluice::persistence {

namespace {

/// Puts a mark where it says that it stands.
caf::error write_synced(file& into, const mark& one) {
  std::array<char, mark_bytes> block;
  encode(one, block.data());
  std::string_view parts[] = {{block.data(), block.size()}};
  if (auto err = into.write_at(one.byte_offset, parts))
    return err;
  return into.sync_data();
}

} // namespace

caf::expected<std::unique_ptr<spool>> spool::open(vfs& disk, std::filesystem::path directory,
                                                  spool_options options, spool_identity identity,
                                                  spool_environment environment) {
  auto log = recover(disk, directory, options, identity);
  if (!log)
    return log.error();
  auto opened = std::make_unique<durable_spool>(disk, std::move(directory), options,
                                                std::move(identity), environment);
  if (auto err = opened->start(std::move(*log)))
    return err;
  return std::unique_ptr<spool>{std::move(opened)};
}

caf::error durable_spool::start(recovered_log log) {
  report_ = log.report;
  closed_.assign(log.closed.begin(), log.closed.end());
  oldest_ = log.oldest;
  last_ = log.report.marked_through;
  tail_digest_ = log.marked_digest;
  last_term_ = log.marked_term;
  last_timeline_ = log.last_timeline;
  producers_ = std::move(log.producers);
  base_index_ = log.base_index;
  for (auto& segment : log.ready)
    factory_.offer(std::move(segment));
  // A segment whose name was never synced is seen until the power goes. What is built on it
  // from here on, the end or the index of the one before, must not outlive it.
  if (log.active)
    if (auto err = disk_.sync_directory(directory_))
      return err;
  for (const auto& name : log.unfinished)
    if (auto err = disk_.remove(directory_ / name))
      return err;
  for (const auto& name : log.leftovers)
    chores_.push_back(remove_file{directory_ / name});
  for (const auto& segment : closed_)
    if (segment.unwritten_index)
      chores_.push_back(
          write_index{directory_ / index_file_name(segment.name), segment.unwritten_index});
  if (report_.torn)
    if (auto err = keep_torn(log.torn_bytes))
      return err;
  if (auto err = perform_cuts(log.cuts))
    return err;
  if (log.active)
    if (auto err = take_active(log))
      return err;
  if (!log.tail.empty())
    if (auto err = rewrite_tail(log))
      return err;
  // Before the rest of a prune goes: the mark that allows it may never have reached the disk.
  // A tail that was written again has it in its header.
  if (!log.pruned.empty() && log.tail.empty())
    if (auto err = write_again(log.active->last_mark))
      return err;
  log.retired.insert(log.retired.end(), log.pruned.begin(), log.pruned.end());
  if (auto err = retire_all(log.retired))
    return err;
  // Without it appends are refused, not reads.
  auto err = factory_.ensure_reserve(0);
  if (err && code_of(err) != errc::no_space && code_of(err) != errc::overloaded)
    return err;
  want_reserve();
  return {};
}

caf::error durable_spool::keep_torn(const std::string& bytes) {
  auto folder = directory_ / "torn";
  if (auto err = disk_.create_directories(folder))
    return err;
  report_.torn->kept_as =
      folder / (report_.torn->segment.stem().string() + "-" + std::to_string(report_.torn->offset));
  return write_file(disk_, report_.torn->kept_as, bytes);
}

caf::error durable_spool::perform_cuts(const std::vector<unfinished_cut>& cuts) {
  for (const auto& cut : cuts) {
    auto path = directory_ / segment_file_name({cut.header.first, cut.header.generation});
    auto opened = disk_.open(path, open_mode::read_write);
    if (!opened)
      return opened.error();
    persistence::mark end{mark_kind::segment_end, cut.header.salt, cut.last,
                          cut.tail_digest,        oldest_,         cut.byte_offset};
    if (auto err = write_synced(**opened, end))
      return err;
  }
  return {};
}

caf::error durable_spool::take_active(const recovered_log& log) {
  const auto& active = *log.active;
  auto path = directory_ / segment_file_name({active.header.first, active.header.generation});
  auto opened = disk_.open(path, open_mode::read_write);
  if (!opened)
    return opened.error();
  live_ =
      std::make_unique<live_segment>(path, std::move(*opened), active.header, active.next_offset,
                                     active.last, options_.index_interval_bytes);
  live_->restore_index(active.entries);
  must_roll_ = !active.is_clean;
  if (active.is_clean)
    last_frame_mark_ = mark_kind::clean_close;
  return {};
}

/// Page cache and disk may differ behind the last mark, and syncing again does not mend
/// it: only bytes that are written anew, elsewhere, and synced, are durable.
caf::error durable_spool::rewrite_tail(recovered_log& log) {
  auto blank = factory_.acquire_to_rewrite(mark_bytes + log.tail.size());
  if (!blank)
    return blank.error();
  segment_header header = log.active->header;
  header.first = next(last_);
  header.generation = log.active->header.generation + 1;
  header.previous_digest = tail_digest_;
  header.oldest = oldest_;
  persistence::mark front{mark_kind::group, factory_.next_salt(), last_, tail_digest_,
                          oldest_,          segment_header_bytes};
  // Proven at once, for a segment has its name only once it was synced: on a full volume
  // nothing could be written again a second time.
  persistence::mark proof{mark_kind::idle, factory_.next_salt(),
                          log.last,        log.tail_digest,
                          oldest_,         segment_header_bytes + mark_bytes + log.tail.size()};
  mark_block block;
  encode(front, block.data());
  mark_block end_block;
  encode(proof, end_block.data());
  std::string_view group[] = {
      {block.data(), block.size()}, log.tail, {end_block.data(), end_block.size()}};
  auto segment = factory_.publish(std::move(*blank), header, group);
  if (!segment)
    return segment.error();
  // Only now that the new one cannot be lost.
  if (live_->has_records()) {
    if (auto err = end_segment(*live_))
      return err;
    want_index();
  } else {
    log.retired.push_back(live_->name());
  }
  live_ = std::move(*segment);
  must_roll_ = false;
  auto byte_offset = segment_header_bytes + mark_bytes;
  auto batches = parse_frames(payload::take(std::move(log.tail)));
  if (!batches)
    return batches.error();
  for (const auto& batch : *batches) {
    advance(batch, byte_offset, {});
    byte_offset += batch.bytes.size();
  }
  for (const auto& [stamp, where] : log.tail_stamps)
    producers_.remember(stamp, where);
  last_frame_mark_ = mark_kind::idle;
  return {};
}

/// In its place and unchanged, so that it needs no room and says nothing new.
caf::error durable_spool::write_again(const std::optional<persistence::mark>& last_mark) {
  if (!last_mark)
    return {};
  auto path = directory_ / segment_file_name(live_->name());
  auto opened = disk_.open(path, open_mode::read_write);
  if (!opened)
    return opened.error();
  return write_synced(**opened, *last_mark);
}

caf::error durable_spool::retire_all(const std::vector<segment_name>& names) {
  if (names.empty())
    return {};
  for (auto name : names) {
    auto opened = disk_.open(directory_ / segment_file_name(name), open_mode::read);
    auto bytes = opened ? (*opened)->size() : caf::expected<std::uint64_t>{opened.error()};
    if (!bytes)
      return bytes.error();
    if (auto err = retire(name, *bytes))
      return err;
  }
  return disk_.sync_directory(directory_);
}

} // namespace sluice::persistence
