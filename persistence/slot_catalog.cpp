#include "persistence/slot_catalog.hpp"

#include "persistence/file_window.hpp"
#include "persistence/slot_catalog_codec.hpp"

#include <array>
#include <optional>

namespace sluice::persistence {

namespace {

constexpr std::array copy_names{"slots.a", "slots.b"};

struct loaded_copy {
  std::optional<slot_catalog_copy> content;
  /// Why there is none; empty when the file does not exist.
  std::string damage;
};

caf::expected<loaded_copy> load_copy(vfs& disk, const std::filesystem::path& path) {
  loaded_copy loaded;
  auto is_there = disk.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return loaded;
  auto bytes = read_file(disk, path, slot_catalog_bytes_max);
  if (!bytes && code_of(bytes.error()) != errc::corruption)
    return bytes.error();
  auto copy = bytes ? decode_slot_catalog(*bytes) : caf::expected<slot_catalog_copy>{bytes.error()};
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

/// Why no slot is known although there may have been some.
std::string explain_loss(const std::filesystem::path& directory, const loaded_copy& a,
                         const loaded_copy& b) {
  if (a.damage.empty() && b.damage.empty())
    return directory.string() + ": the slot catalog is missing";
  auto both = a.damage + (a.damage.empty() || b.damage.empty() ? "" : "; ") + b.damage;
  return "no copy of the slot catalog can be used: " + both;
}

/// Needs no room that the file does not have already. The other copy is whole meanwhile.
caf::error overwrite(vfs& disk, const std::filesystem::path& path, std::string_view bytes) {
  auto opened = disk.open(path, open_mode::read_write);
  if (!opened)
    return opened.error();
  std::string_view parts[] = {bytes};
  if (auto err = (*opened)->write_at(0, parts))
    return err;
  if (auto err = (*opened)->truncate(bytes.size()))
    return err;
  return (*opened)->sync_data();
}

} // namespace

slot_catalog::slot_catalog(vfs& disk, std::filesystem::path directory)
    : disk_(disk), directory_(std::move(directory)) {}

caf::expected<slot_list> slot_catalog::load(bool should_exist, std::string& warning) {
  std::array<loaded_copy, copy_names.size()> copies;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    auto loaded = load_copy(disk_, directory_ / copy_names[i]);
    if (!loaded)
      return loaded.error();
    copies[i] = std::move(*loaded);
  }
  is_loaded_ = true;
  const auto& [a, b] = copies;
  if (!a.content && !b.content) {
    slot_list none;
    auto were_there = !a.damage.empty() || !b.damage.empty();
    if (were_there || should_exist)
      warning = none.incomplete = explain_loss(directory_, a, b);
    return none;
  }
  auto is_a_newer = a.content && (!b.content || a.content->generation >= b.content->generation);
  const auto& good = is_a_newer ? a : b;
  const auto& other = is_a_newer ? b : a;
  generation_ = good.content->generation;
  if (other.content != good.content) {
    auto path = directory_ / copy_names[is_a_newer ? 1 : 0];
    warning = !other.damage.empty() ? other.damage
              : other.content       ? path.string() + ": older than the other copy"
                                    : path.string() + ": missing";
    // A full volume is no reason not to start.
    if (auto err = store_copy(path, encode(*good.content)))
      warning += "; it could not be mended: " + describe(err);
  }
  return good.content->list;
}

caf::error slot_catalog::store(const slot_list& list) {
  std::string warning;
  if (!is_loaded_)
    if (auto known = load(false, warning); !known)
      return known.error();
  auto bytes = encode(slot_catalog_copy{++generation_, list});
  // One after the other, so that at any moment one of them is whole.
  for (const auto* name : copy_names)
    if (auto err = store_copy(directory_ / name, bytes))
      return err;
  return {};
}

caf::error slot_catalog::store_copy(const std::filesystem::path& path, std::string_view bytes) {
  auto err = write_file(disk_, path, bytes);
  return code_of(err) == errc::no_space ? overwrite(disk_, path, bytes) : err;
}

} // namespace sluice::persistence
