#include "persistence/snapshot_files.hpp"

#include "persistence/file_window.hpp"

namespace sluice::persistence {

caf::expected<std::optional<snapshot_manifest>>
find_snapshot_manifest(vfs& disk, const std::filesystem::path& directory) {
  using found = std::optional<snapshot_manifest>;
  auto none_if_damaged = [](const caf::error& why) {
    return code_of(why) == errc::corruption ? caf::expected<found>{found{}}
                                            : caf::expected<found>{why};
  };
  auto path = directory / snapshot_manifest_name;
  auto is_there = disk.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return found{};
  auto bytes = read_file(disk, path, snapshot_manifest_bytes_max);
  if (!bytes)
    return none_if_damaged(bytes.error());
  auto manifest = decode_snapshot_manifest(*bytes);
  if (!manifest)
    return none_if_damaged(manifest.error());
  return found{std::move(*manifest)};
}

} // namespace sluice::persistence
