#pragma once

#include "persistence/vfs.hpp"

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// The folder of a node's directory in which the ends that were cut off its log are kept, each a
/// log of its own that begins where the histories parted.
std::filesystem::path diverged_folder(const std::filesystem::path& directory);

/// One such log, by what its files say.
struct diverged_tail {
  /// Of its folder: `7`, or `7.2` for the second one of term 7.
  std::string name;
  /// Of its last batch.
  sluice::term term;
  /// The last LSN that was not cut off.
  lsn fork;
  /// Of the history through it.
  digest at_fork;
  lsn first;
  lsn last;
  std::uint64_t records = 0;
  /// Of its segment files.
  std::uint64_t bytes = 0;
};

/// The term that a folder of this name is for; none when it is not one that a rewind makes.
std::optional<term> term_of_tail(std::string_view name);

/// The name of the next tail of `last_term`: one that nothing has yet.
caf::expected<std::string> unused_tail_name(vfs& disk, const std::filesystem::path& directory,
                                            term last_term);

/// What is kept in `directory`, ordered by term. A tail that is still being put aside is listed
/// as far as it is there. Writes nothing; `directory` may be a running node's.
/// @returns `errc::not_found` when it does not exist
caf::expected<std::vector<diverged_tail>>
list_diverged_tails(vfs& disk, const std::filesystem::path& directory);

} // namespace sluice::persistence
