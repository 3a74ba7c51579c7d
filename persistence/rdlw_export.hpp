#pragma once

#include "persistence/rdlw_frame.hpp"
#include "persistence/verify.hpp"
#include "persistence/vfs.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>

namespace sluice::persistence {

/// What an export wrote.
struct export_report {
  std::uint64_t records = 0;
  /// {0, 0} when there is no record.
  lsn first;
  lsn last;
  /// Of the file.
  std::uint64_t bytes = 0;
};

/// Writes every record of the log in `directory`, which may be a running node's, into the new
/// file `file` in `layout`: all or nothing, and durable when it returns a report. Never writes
/// in `directory`. Needs memory for one block of batches.
/// @returns `errc::io_error` (also when `file` exists), `corruption`, `pruned` when the node
///   pruned what was to be read next, `invalid_argument` for a record with an ownership epoch
///   in a layout without, `no_space`
caf::expected<export_report> export_rdlw(vfs& disk, const std::filesystem::path& directory,
                                         const std::filesystem::path& file, rdlw_layout layout,
                                         const work_progress& on_progress);

} // namespace sluice::persistence
