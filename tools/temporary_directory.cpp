#include "tools/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>

namespace sluice::tools {

namespace fs = std::filesystem;

temporary_directory::temporary_directory() {
  auto pattern = (fs::temp_directory_path() / "sluice-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw fs::filesystem_error("mkdtemp", pattern, std::error_code{errno, std::generic_category()});
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

} // namespace sluice::tools
