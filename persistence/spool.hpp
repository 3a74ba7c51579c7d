#pragma once

#include "persistence/append_entry.hpp"
#include "persistence/chore.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/random_source.hpp"
#include "persistence/spool_options.hpp"
#include "persistence/vfs.hpp"
#include "persistence/wall_clock.hpp"
#include "replication/log_extent.hpp"

#include <sluice/frame_batch.hpp>
#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// Whose history this is. Written into every segment; a segment of another cluster is refused.
struct spool_identity {
  std::string cluster;
};

/// Where a spool gets time and salts from; never null.
struct spool_environment {
  wall_clock* clock = &system_wall_clock();
  random_source* random = &system_random();
};

/// What was cut away at open, and where it is kept.
struct torn_tail {
  std::filesystem::path segment;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  /// The LSN that the first lost batch would have begun with.
  sluice::lsn lsn;
  std::filesystem::path kept_as;
};

/// What opening found; logged once by who opens, kept for status.
struct recovery_report {
  bool clean_close = false;
  /// Everything up to here was proven durable by a mark.
  lsn marked_through;
  /// Records past the mark that were read, checked and written again (decision 5).
  std::uint64_t rewritten_records = 0;
  std::optional<torn_tail> torn;
};

/// The durable log of one node: owns the segments of one directory for writing.
///
/// Not thread safe; used by one actor. Every call blocks on the disk. After the first
/// failed write or sync it is latched: every later call that writes returns
/// `errc::log_failed` with the first failure's text, and it must be opened again.
/// The exception is room: when no segment can be prepared, `append` returns `errc::no_space`,
/// or `errc::overloaded` when no more files can be open; nothing was written, nothing latches.
class spool {
public:
  /// Opens or creates the log in `directory` (which exists and is locked by the caller),
  /// recovers it, and makes durable what it is going to serve.
  /// @returns `errc::corruption`, `unknown_version`, `wrong_cluster` (with file, offset
  ///   and LSN; not a byte was changed), `io_error`, `no_space`.
  static caf::expected<std::unique_ptr<spool>> open(vfs& disk, std::filesystem::path directory,
                                                    spool_options options, spool_identity identity,
                                                    spool_environment environment = {});

  virtual ~spool() = default;

  /// The first LSN that can still be read; `next_lsn()` when the log is empty. Never touches the
  /// disk.
  virtual lsn oldest_lsn() const = 0;
  virtual lsn next_lsn() const = 0;
  /// Everything up to here has been fdatasynced here.
  virtual lsn durable_lsn() const = 0;
  /// The digest of the history up to `durable_lsn()`.
  virtual digest tail_digest() const = 0;
  /// The term and timeline of the last batch; {0, 0} when the log is empty.
  virtual sluice::term last_term() const = 0;
  virtual timeline_id last_timeline() const = 0;
  virtual const recovery_report& recovery() const = 0;
  /// The text of the failure that latched it.
  virtual const std::optional<std::string>& failure() const = 0;
  /// Its code: after `errc::no_space` opening again mends it once there is room.
  virtual errc failure_code() const = 0;
  virtual const producer_table& producers() const = 0;
  /// Bytes of all segments on disk, the prepared and recycled ones apart.
  virtual std::uint64_t retained_bytes() const = 0;
  /// Which records stand in which segments, the one that is written to last. Never touches
  /// the disk.
  virtual std::vector<replication::segment_extent> segments() const = 0;
  /// How many segments are closed; grows with each roll, shrinks with each prune.
  virtual std::size_t closed_segments() const = 0;
  /// Bytes of segments that are ready to be used next.
  virtual std::uint64_t spare_bytes() const = 0;

  /// Encodes the entries as one batch, writes it with one contiguous write and one
  /// fdatasync, and remembers the producers. Durable when it returns a value.
  /// @pre at least one entry; each passes `check_append`.
  virtual caf::expected<frame_batch> append(std::span<const append_entry> entries,
                                            sluice::term current, timeline_id timeline) = 0;

  /// Writes batches that another node encoded, byte for byte, in one contiguous write
  /// and one fdatasync. Durable when it returns no error.
  /// @returns `errc::diverged` when the first doesn't continue this history, `corruption`
  ///   when they don't continue each other; nothing was written and nothing latches.
  virtual caf::error append_verbatim(std::span<const frame_batch> batches) = 0;

  /// Empties the log and lets it begin at `first` with `before` as the digest of what
  /// precedes it. Only for a log that holds no record.
  /// @param producers the table as of there, as in an index (docs/FORMAT.md); what is none, or
  ///   empty, is not known, and all that is not seen from here on counts as dropped
  /// @pre the chores that were handed out are done
  virtual caf::error start_at(lsn first, digest before, term last_term = {},
                              std::string_view producers = {}) = 0;

  /// Writes and syncs a mark that proves everything before it durable; nothing when the
  /// last thing written is a mark already. For when the log is idle.
  virtual caf::error mark() = 0;

  /// Marks the log as closed cleanly. Nothing can be written after it.
  virtual caf::error close() = 0;

  /// Removes whole closed segments whose records are all ≤ `through`, and syncs the directory.
  /// @returns the new oldest LSN.
  virtual caf::expected<lsn> prune_through(lsn through) = 0;

  /// Work for the `segment_preparer`, in order; each is handed out once.
  virtual std::vector<chore> take_chores() = 0;
  /// What the preparer made: the next roll takes it.
  virtual void offer_prepared(prepared_segment segment) = 0;
};

/// Whether `entry` may be appended under `options`: `errc::too_large`,
/// `batch_too_large` or `invalid_argument`; nothing when it may.
caf::error check_append(std::span<const payload> records, const spool_options& options);

} // namespace sluice::persistence
