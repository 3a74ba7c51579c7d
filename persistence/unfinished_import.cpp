#include "persistence/unfinished_import.hpp"

#include <algorithm>

namespace sluice::persistence {

std::optional<damage> find_unfinished_import(const std::filesystem::path& directory,
                                             const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), unfinished_import_name) == names.end())
    return std::nullopt;
  return damage{directory / unfinished_import_name, 0, no_lsn,
                "an import into this directory was not finished: remove what is in it, and "
                "import again"};
}

} // namespace sluice::persistence
