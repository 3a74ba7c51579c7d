#pragma once

#include "persistence/vfs.hpp"

#include <sluice/errc.hpp>

#include <array>
#include <filesystem>
#include <string_view>

namespace sluice::persistence {

/// Writes two files that hold the same thing, one after the other, so that at any moment one
/// of them is whole. On a full volume a file is overwritten in place, which needs no room
/// that it does not have already; never while the other one is not whole.
class copy_writer {
public:
  copy_writer(vfs& disk, std::filesystem::path directory, std::array<const char*, 2> names);

  /// What reading found: both are the same, or only the one that is not `other` counts.
  void found_same();
  void found_without(const std::filesystem::path& other);

  /// Durable in both when it returns no error.
  caf::error write(std::string_view bytes);
  /// Only the one that does not count, to be as the other.
  caf::error mend(std::string_view bytes);

private:
  caf::error write_one(std::size_t which, std::string_view bytes);

  vfs& disk_;
  std::filesystem::path directory_;
  std::array<const char*, 2> names_;
  std::array<bool, 2> is_whole_{};
};

} // namespace sluice::persistence
