#pragma once

#include "persistence/rdlw_reader.hpp"
#include "persistence/spool.hpp"
#include "persistence/verify.hpp"
#include "persistence/vfs.hpp"
#include "replication/slot.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace sluice::persistence {

/// What an import put into a log.
struct import_report {
  std::uint64_t records = 0;
  /// {0, 0} when there is no record.
  lsn first;
  lsn last;
  /// Of payload.
  std::uint64_t bytes = 0;
  /// In the directory's catalog, and how many of them had been given up.
  std::uint64_t slots = 0;
  std::uint64_t slots_lost = 0;
  /// The term that the node begins with: above every term of the records.
  sluice::term next_term;
  std::optional<rdlw_torn> torn;
  /// Where the import ended early: what stands before it is in the log, nothing behind it is.
  std::optional<damage> damaged;
};

/// Makes a log in `directory` of the spool of RedDB in `file`: LSNs, terms, times, ownership
/// epochs and payloads as they stand there. The directory is a primary's without name and
/// cluster, which it takes at its first start. Durable when it returns a report; whatever
/// else happens, the directory is refused until it is emptied, and `file` is never written.
/// Needs memory for one batch and one frame.
/// @param slots of the same RedDB; they stand in the directory's catalog, no further than the
///   log goes
/// @param directory is created when it is missing; not touched when damage stands at the
///   very front of `file`
/// @returns `errc::io_error` (also when the directory holds a log already), `no_space`,
///   `locked`, `too_large` for a record over `options.record_bytes_max`
caf::expected<import_report>
import_rdlw(vfs& disk, const std::filesystem::path& file, const std::filesystem::path& directory,
            const spool_options& options, spool_environment environment,
            const work_progress& on_progress, std::vector<replication::slot> slots = {});

} // namespace sluice::persistence
