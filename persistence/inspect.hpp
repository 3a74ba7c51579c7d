#pragma once

#include "persistence/damage.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/vfs.hpp"

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sluice::persistence {

/// One segment as `inspect --segments` shows it.
struct segment_info {
  std::string file_name;
  segment_header header;
  std::uint64_t file_bytes = 0;
  /// What is used of the file.
  std::uint64_t used_bytes = 0;
  /// {0} when it holds no record.
  lsn last;
  bool is_closed = false;
  bool has_index = false;
  /// Why the scan went no further in the last segment; empty when there is nothing more.
  std::string stop_reason;
  /// Whether a mark proves that more stood there.
  bool is_damaged = false;
};

/// The segments of a log, oldest first. Reads indexes where there are, else the segment.
caf::expected<std::vector<segment_info>> list_segments(vfs& disk,
                                                       const std::filesystem::path& directory);

/// The records that can be read from a directory whose owner cannot be asked: all whole
/// batches, also those that no mark proves durable. {0, 0} when there is none.
struct log_extent {
  lsn oldest;
  lsn last;
  /// Why nothing behind `last` can be read, when that is damage and not the end of the log.
  std::optional<damage> cut_by;
};

caf::expected<log_extent> find_extent(vfs& disk, const std::filesystem::path& directory);

/// The records that a node would serve if it opened the directory now: by the rules of opening,
/// whose refusals are returned. `oldest` is behind `last` in an empty log. A running node may
/// roll, rewrite or prune meanwhile: what failed is tried again on what stands there then.
caf::expected<log_extent> servable_extent(vfs& disk, const std::filesystem::path& directory);

} // namespace sluice::persistence
