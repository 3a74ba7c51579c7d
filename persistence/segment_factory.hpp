#pragma once

#include "persistence/chore.hpp"
#include "persistence/mark.hpp"
#include "persistence/random_source.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"
#include "persistence/segment_name.hpp"
#include "persistence/spool.hpp"
#include "persistence/vfs.hpp"

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// The segment that groups are written to. Returns errors as they come; its owner latches.
class live_segment {
public:
  live_segment(std::filesystem::path path, std::unique_ptr<file> opened, segment_header header,
               std::uint64_t next_offset, lsn last, std::uint64_t index_interval_bytes);

  const segment_header& header() const { return header_; }
  segment_name name() const { return {header_.first, header_.generation}; }
  std::uint64_t next_offset() const { return next_offset_; }
  lsn last() const { return last_; }
  bool has_records() const { return last_ >= header_.first; }

  /// Whether so many bytes fit with `marks` marks after them.
  bool has_room(std::uint64_t bytes, std::size_t marks) const {
    return bytes + marks * mark_bytes <= header_.capacity - next_offset_;
  }

  /// Of what was written here since it was opened; 0 when nothing was.
  std::uint64_t mean_write_bytes() const { return writes_ == 0 ? 0 : written_bytes_ / writes_; }

  /// Blocks up to here were written before: to make a write there durable takes no commit of
  /// the file system's journal. What is not known to be is taken not to be.
  void set_filled_through(std::uint64_t offset) { filled_through_ = offset; }

  /// Writes `parts` as one, with zeros behind them where small writes would soon meet
  /// blocks that were never written; then fdatasyncs.
  caf::error write_synced(std::span<const std::string_view> parts);
  /// Takes over the index of what stands in it already.
  void restore_index(const std::vector<index_entry>& entries);
  /// Notes a batch for the index. @param byte_offset where its frame stands
  void note_batch(const index_entry& batch, lsn last);
  /// The index that belongs to the segment when it ends at `next_offset()`.
  segment_index make_index(digest tail_digest, sluice::term last_term, std::string producers) const;

private:
  std::filesystem::path path_;
  std::unique_ptr<file> file_;
  segment_header header_;
  std::uint64_t next_offset_;
  lsn last_;
  std::uint64_t filled_through_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t written_bytes_ = 0;
  index_builder index_;
};

/// A file of full size that is not part of the log yet.
struct blank_segment {
  std::filesystem::path path;
  std::unique_ptr<file> opened;
  std::uint64_t bytes = 0;
  /// Whether each of its blocks was written before.
  bool is_filled = false;
};

/// Gets segment files and puts them into the log.
class segment_factory {
public:
  segment_factory(vfs& disk, std::filesystem::path directory, spool_options options,
                  std::string cluster, spool_environment environment);

  void offer(prepared_segment segment) { ready_.push_back(std::move(segment)); }
  bool has_reserve() const { return !ready_.empty(); }
  std::size_t ready_count() const { return ready_.size(); }
  std::uint64_t ready_bytes() const;

  /// A prepared or recycled segment with room for `group_bytes`, or else a new one. The
  /// log is as it was when it fails, with `errc::no_space` for want of room and
  /// `errc::overloaded` when no more files can be open.
  caf::expected<blank_segment> acquire(std::uint64_t group_bytes);

  /// Makes sure that a group of so many bytes can be written again into a segment of its own,
  /// however full the volume is by then. Nothing has to be asked of the disk when it is sure
  /// already. `errc::no_space` for want of room.
  caf::error ensure_reserve(std::uint64_t group_bytes);

  /// As `acquire`, for a group that stands in the log already: on a full volume it takes the
  /// reserve, which is gone with it.
  caf::expected<blank_segment> acquire_to_rewrite(std::uint64_t group_bytes);

  /// Writes the header (of which the caller fills history, place and generation) and
  /// `group`, fdatasyncs, renames into the log, syncs the directory.
  caf::expected<std::unique_ptr<live_segment>> publish(blank_segment blank, segment_header header,
                                                       std::span<const std::string_view> group);

  /// What `publish` will put as salt: the marks of the first group need it.
  std::uint64_t next_salt() const { return next_salt_; }

private:
  vfs& disk_;
  std::filesystem::path directory_;
  spool_options options_;
  std::string cluster_;
  spool_environment environment_;
  std::uint64_t next_salt_;
  std::vector<prepared_segment> ready_;
  /// 0 when it is not known whether there is one.
  std::uint64_t reserve_bytes_ = 0;
};

} // namespace sluice::persistence
