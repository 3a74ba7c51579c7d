#pragma once

#include "persistence/vfs.hpp"
#include "replication/timeline_entry.hpp"

#include <filesystem>
#include <vector>

namespace sluice::actors {

/// What became of a directory's role since it was made; nothing of a directory that cannot be
/// read: whoever opens it says why.
struct directory_role {
  /// It was made by a replica, and is a primary's.
  bool is_promoted = false;
  /// It was a primary's, and is a replica's.
  bool is_deposed = false;
  std::vector<replication::known_node> nodes;
};

/// Only reads; the directory may be another process's.
directory_role role_on_disk(persistence::vfs& disk, const std::filesystem::path& directory);

} // namespace sluice::actors
