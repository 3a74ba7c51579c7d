#pragma once

#include "persistence/snapshot_manifest.hpp"
#include "persistence/vfs.hpp"

#include <filesystem>
#include <optional>

namespace sluice::persistence {

/// The files of a snapshot in its directory (docs/FORMAT.md, "Snapshot").
inline constexpr const char* snapshot_manifest_name = "manifest";
inline constexpr const char* snapshot_data_name = "data";

/// The manifest in `directory`; none when it is missing, or damaged: then what stands beside it is
/// worth nothing.
/// @returns `errc::unknown_version`, `errc::io_error`
caf::expected<std::optional<snapshot_manifest>>
find_snapshot_manifest(vfs& disk, const std::filesystem::path& directory);

} // namespace sluice::persistence
