#pragma once

#include "persistence/spool_options.hpp"
#include "persistence/vfs.hpp"

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <filesystem>
#include <string>

namespace sluice::persistence {

/// What producers appended in a log through exactly `at`, read from its files while another owner
/// writes it: the `producer_table` that the owner had when the log ended there, as it stands in an
/// index (docs/FORMAT.md). Reads at most from the last index that is written, mostly one segment.
/// Blocks on the disk.
/// @param at durable, from the LSN before the oldest on; a batch ends there
/// @returns `errc::pruned` when it is below what is kept, `errc::corruption`
caf::expected<std::string> producers_through(vfs& disk, const std::filesystem::path& directory,
                                             lsn at, producer_limits limits = {});

} // namespace sluice::persistence
