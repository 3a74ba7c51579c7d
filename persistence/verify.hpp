#pragma once

#include "persistence/damage.hpp"
#include "persistence/vfs.hpp"

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace sluice::persistence {

/// Is told how much of the work is done: segments of a verification, records of a comparison.
using work_progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// What was found in a directory.
struct verify_report {
  std::uint64_t records = 0;
  /// {0, 0} when there is no record.
  lsn first;
  lsn last;
  std::uint64_t segments = 0;
  /// Of frames, marks and headers.
  std::uint64_t bytes = 0;
  std::vector<damage> damages;
  /// What the next open will mend without any loss of what was proven durable: a torn tail
  /// (or what a running node is writing), the rest of a prune, one copy of the node state or
  /// of the slot catalog.
  std::vector<damage> notes;
};

/// Checks every checksum, the digest chain, density, marks, indexes, the node state and the
/// slot catalog. Of the last two a copy that is damaged, older or missing is a note while
/// the other one is whole: it counts, and mends it.
/// Writes nothing. The directory may belong to a running node: its live tail is no
/// damage, and what it prunes or rolls meanwhile is looked at again.
caf::expected<verify_report> verify_log(vfs& disk, const std::filesystem::path& directory,
                                        const work_progress& on_progress);

/// `verify_log` of a directory that may be a node's. It is one when it has a file `lock`, as
/// every directory has that a node ever opened: segments without any node state are damage
/// there. That a primary's slot catalog is missing is a note: it keeps all of its log.
caf::expected<verify_report> verify_directory(vfs& disk, const std::filesystem::path& directory,
                                              const work_progress& on_progress);

/// How two logs agree on the LSNs that both hold.
struct log_comparison {
  /// Empty, {0, 0}, when they share no LSN.
  lsn first;
  lsn last;
  /// The first LSN whose bytes, or whose batch, differ.
  std::optional<lsn> first_difference;
};

caf::expected<log_comparison> compare_logs(vfs& disk, const std::filesystem::path& a,
                                           const std::filesystem::path& b,
                                           const work_progress& on_progress);

} // namespace sluice::persistence
