#pragma once

#include <filesystem>

namespace sluice::tools {

/// A new directory, removed with all that is in it. In $TMPDIR, or /tmp.
/// Throws std::filesystem::filesystem_error when it cannot be made.
class temporary_directory {
public:
  temporary_directory();
  ~temporary_directory();

  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace sluice::tools
