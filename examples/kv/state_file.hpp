#pragma once

#include "examples/kv/database.hpp"

#include <sluice/types.hpp>

namespace kv {

/// Where the state of a node stands: `kv.sqlite` in its directory.
///
///     PRAGMA application_id = 0x736C6B76, user_version = 1
///     entries(key BLOB, value BLOB, lsn)   lsn: of the record that wrote it last
///     state(applied, ignored)              one row: the state is that of all records through
///                                          `applied`; so many of them were not of this store
std::filesystem::path state_file(const std::filesystem::path& directory);

/// What is staged beside it begins with one of these.
std::filesystem::path incoming_file(const std::filesystem::path& directory);
std::filesystem::path sending_file_pattern(const std::filesystem::path& directory);

/// Whether the file has this format; one that is still empty has.
/// @returns `errc::corruption`, `errc::unknown_version`; nothing was written
caf::error check_format(database& of);

/// Opens it for writing, made when it is missing; every commit is durable at its return.
caf::expected<database> open_state(const std::filesystem::path& directory);

caf::expected<sluice::lsn> applied_of(database& of);

/// Removes what a snapshot that did not come to its end has left beside the state.
caf::error remove_staged(const std::filesystem::path& directory);

/// Makes durable which files there are in it.
caf::error sync_directory(const std::filesystem::path& directory);

} // namespace kv
