#pragma once

#include "test/support/memory_vfs.hpp"

#include <sluice/record.hpp>

#include <filesystem>
#include <vector>

namespace sluice::test {

/// The records of (after, through] that a log holds, oldest first; fewer when they cannot be read.
std::vector<record> records_in(memory_vfs& disk, const std::filesystem::path& directory, lsn after,
                               lsn through);

/// All that a log still holds, oldest first.
std::vector<record> kept_records_in(memory_vfs& disk, const std::filesystem::path& directory);

} // namespace sluice::test
