#pragma once

#include "persistence/vfs.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace sluice::persistence {

/// A segment file of full size whose blocks were written before (zeroed or recycled) and
/// synced, not yet part of the log.
struct prepared_segment {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

/// Make the next segment: zero a new file in steps, sync it.
struct prepare_segment {
  std::filesystem::path directory;
  std::uint64_t bytes = 0;
};

/// Write the sidecar index of a segment that was closed.
struct write_index {
  std::filesystem::path path;
  std::shared_ptr<const std::string> bytes;
};

/// Unlink a file that is no longer part of the log.
struct remove_file {
  std::filesystem::path path;
};

/// Take away a directory once nothing is in it any more, durably, with what was in it; one
/// that is not empty stays.
struct remove_empty_directory {
  std::filesystem::path path;
};

/// Slow work that the spool hands to the `segment_preparer`, away from the append path.
using chore = std::variant<prepare_segment, write_index, remove_file, remove_empty_directory>;

/// Is told of each step of slow work, and may block to throttle it. False gives it up.
using chore_step = std::function<bool(std::uint64_t bytes)>;

/// Does one chore. May be done again after a failure.
/// @returns the segment that `prepare_segment` made; `errc::no_space`, `io_error`, or
///   `closed` when `on_step` gave it up
caf::expected<std::optional<prepared_segment>> run_chore(vfs& disk, const chore& work,
                                                         const chore_step& on_step);

} // namespace sluice::persistence
