#pragma once

#include "persistence/file_window.hpp"
#include "persistence/vfs.hpp"

#include <sluice/errc.hpp>

#include <caf/expected.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::persistence {

/// What two files say that hold the same thing twice. `Copy` has a `generation`.
template <class Copy>
struct copy_pair {
  /// The copy that counts: the higher valid generation; none when there is neither.
  std::optional<Copy> good;
  /// The file of the other one.
  std::filesystem::path other;
  /// What is wrong with the other one; empty when it is the same.
  std::string why_mended;
  /// Without a good one: why the files that are there cannot be used; empty when none is.
  std::string damage;
};

namespace detail {

template <class Copy>
struct loaded_copy {
  std::optional<Copy> content;
  /// Why there is none; empty when the file does not exist.
  std::string damage;
};

template <class Copy, class Decode>
caf::expected<loaded_copy<Copy>> load_copy(vfs& disk, const std::filesystem::path& path,
                                           std::uint64_t bytes_max, Decode decode) {
  loaded_copy<Copy> loaded;
  auto is_there = disk.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return loaded;
  auto bytes = read_file(disk, path, bytes_max);
  if (!bytes && code_of(bytes.error()) != errc::corruption)
    return bytes.error();
  auto copy = bytes ? decode(*bytes) : caf::expected<Copy>{bytes.error()};
  if (copy) {
    loaded.content = std::move(*copy);
    return loaded;
  }
  auto reason = path.string() + ": " + context_of(copy.error());
  if (code_of(copy.error()) == errc::unknown_version)
    return make_error(errc::unknown_version, std::move(reason));
  loaded.damage = std::move(reason);
  return loaded;
}

} // namespace detail

/// Only reads. Mending the other file is the caller's.
/// @returns what the disk says, or `errc::unknown_version`: a newer copy is never passed over
template <class Copy, class Decode>
caf::expected<copy_pair<Copy>> read_copy_pair(vfs& disk, const std::filesystem::path& directory,
                                              const std::array<const char*, 2>& names,
                                              std::uint64_t bytes_max, Decode decode) {
  std::array<detail::loaded_copy<Copy>, 2> copies;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    auto loaded = detail::load_copy<Copy>(disk, directory / names[i], bytes_max, decode);
    if (!loaded)
      return loaded.error();
    copies[i] = std::move(*loaded);
  }
  auto& [a, b] = copies;
  copy_pair<Copy> pair;
  if (!a.content && !b.content) {
    pair.damage = a.damage + (a.damage.empty() || b.damage.empty() ? "" : "; ") + b.damage;
    return pair;
  }
  auto is_a_newer = a.content && (!b.content || a.content->generation >= b.content->generation);
  auto& good = is_a_newer ? a : b;
  const auto& other = is_a_newer ? b : a;
  pair.other = directory / names[is_a_newer ? 1 : 0];
  if (other.content != good.content)
    pair.why_mended = !other.damage.empty() ? other.damage
                      : other.content       ? pair.other.string() + ": older than the other copy"
                                            : pair.other.string() + ": missing";
  pair.good = std::move(good.content);
  return pair;
}

} // namespace sluice::persistence
