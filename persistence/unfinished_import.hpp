#pragma once

#include "persistence/damage.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// Stands in a directory from before the first file of an import until all of it is there and
/// durable. What is in it is text for a person.
inline constexpr std::string_view unfinished_import_name = "unfinished-import";

/// Why the log in `directory` must not be used: an import into it was killed, or failed.
/// @param names of the files in it
std::optional<damage> find_unfinished_import(const std::filesystem::path& directory,
                                             const std::vector<std::string>& names);

} // namespace sluice::persistence
