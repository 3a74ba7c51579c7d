#pragma once

#include "persistence/vfs.hpp"

#include <sluice/frame_batch.hpp>
#include <sluice/record.hpp>
#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::persistence {

/// A read stops before the batch that would exceed one of them, and where a segment ends,
/// but always returns one batch.
struct read_limits {
  std::uint64_t bytes_max = 1024 * 1024;
  std::uint64_t records_max = UINT64_MAX;
};

/// Reads a log that another owner writes: own descriptors, never writes, serves only what
/// it is told is durable. Not thread safe; calls block on the disk.
class spool_reader {
public:
  static caf::expected<std::unique_ptr<spool_reader>> open(vfs& disk,
                                                           std::filesystem::path directory);
  virtual ~spool_reader() = default;

  /// Whole batches that hold the records of (after, through], in order, checked.
  /// The first may begin at or before `after`. Seeks in O(log n).
  /// @param through at most the durable LSN that the spool's owner announced
  /// @returns `errc::pruned` when `after + 1` is below the oldest kept LSN (the context
  ///   says which), `corruption` with file, offset, LSN.
  virtual caf::expected<std::vector<frame_batch>> read_batches(lsn after, lsn through,
                                                               read_limits limits) = 0;

  /// The digest of the history through `position`; none when no batch ends there.
  /// `through` as above. @returns `errc::pruned` when it is below what is kept (the
  /// LSN just before the oldest one is still known).
  virtual caf::expected<std::optional<digest>> digest_at(lsn position, lsn through) = 0;

  /// The term of the record at `position`, where `digest_at` knows a digest: of the one just before
  /// the oldest, as the segment says that begins there.
  virtual caf::expected<std::optional<term>> term_at(lsn position, lsn through) = 0;
};

/// The records of `batch` that lie in (after, through]; their payloads share its block.
caf::expected<std::vector<record>> decode_records(const frame_batch& batch, lsn after, lsn through);

/// Splits a block of whole frames (as they travel) and checks each: magic, version,
/// lengths, checksums, and that each continues the one before.
caf::expected<std::vector<frame_batch>> parse_frames(const payload& block);

} // namespace sluice::persistence
