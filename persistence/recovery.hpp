#pragma once

#include "persistence/chore.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/segment_file.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"
#include "persistence/segment_name.hpp"
#include "persistence/spool.hpp"
#include "persistence/vfs.hpp"

#include <caf/expected.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::persistence {

/// A segment that nothing is appended to any more.
struct closed_segment {
  segment_name name;
  std::uint64_t bytes = 0;
  lsn last;
  /// When it was begun.
  timestamp_ms begun_at;
  /// Its index while that is not known to be on disk.
  std::shared_ptr<const std::string> unwritten_index;
};

/// A segment whose end was never marked because a newer generation took over: it ends at
/// `byte_offset`.
struct unfinished_cut {
  segment_header header;
  std::uint64_t byte_offset = 0;
  lsn last;
  digest tail_digest;
};

/// The last segment of the log.
struct last_segment {
  segment_header header;
  std::uint64_t bytes = 0;
  /// Where the next frame goes: over the last mark.
  std::uint64_t next_offset = 0;
  /// The last record before `next_offset`.
  lsn last;
  /// What stands at `next_offset`.
  std::optional<mark> last_mark;
  std::vector<index_entry> entries;
  /// Whether the next frame may go into it.
  bool is_clean = false;
};

/// What a directory holds, and what has to be done before it can be served.
struct recovered_log {
  explicit recovered_log(const spool_options& options) : producers(options.producers) {}

  std::vector<closed_segment> closed;
  std::optional<last_segment> active;
  /// Batches past the last mark, one after the other; to be written again.
  std::string tail;
  std::vector<stamped_records> tail_stamps;

  lsn oldest{1};
  /// The end of the history, the tail included.
  lsn last;
  digest tail_digest;
  sluice::term last_term;
  timeline_id last_timeline;
  /// At `report.marked_through`.
  sluice::term marked_term;
  digest marked_digest;
  /// As of `report.marked_through`.
  producer_table producers;
  recovery_report report;
  /// What stands behind the last whole frame, when something had been started there.
  std::string torn_bytes;

  std::vector<unfinished_cut> cuts;
  /// Segments that a newer generation replaced and that are still there.
  std::vector<segment_name> retired;
  /// The rest of a prune.
  std::vector<segment_name> pruned;
  /// Names of files that nobody needs.
  std::vector<std::string> leftovers;
  /// The same, but their names will be used again: they have to go first.
  std::vector<std::string> unfinished;
  std::vector<prepared_segment> ready;
  /// The index of the segment before the first: keeps what pruned producers did.
  std::optional<segment_name> base_index;
};

/// Reads and checks the log in `directory`. Changes nothing.
/// @returns as `spool::open`
caf::expected<recovered_log> recover(vfs& disk, const std::filesystem::path& directory,
                                     const spool_options& options, const spool_identity& identity);

} // namespace sluice::persistence
