#include "persistence/slot_catalog.hpp"

#include "persistence/copy_pair.hpp"
#include "persistence/slot_catalog_codec.hpp"

namespace sluice::persistence {

namespace {

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
  auto pair = read_copy_pair<slot_catalog_copy>(disk_, directory_, slot_catalog_names,
                                                slot_catalog_bytes_max, decode_slot_catalog);
  if (!pair)
    return pair.error();
  is_loaded_ = true;
  if (!pair->good) {
    slot_list none;
    if (!pair->damage.empty())
      none.incomplete = "no copy of the slot catalog can be used: " + pair->damage;
    else if (should_exist)
      none.incomplete = directory_.string() + ": the slot catalog is missing";
    warning = none.incomplete;
    return none;
  }
  generation_ = pair->good->generation;
  warning = std::move(pair->why_mended);
  // A full volume is no reason not to start.
  if (!warning.empty())
    if (auto err = store_copy(pair->other, encode(*pair->good)))
      warning += "; it could not be mended: " + describe(err);
  return std::move(pair->good->list);
}

caf::error slot_catalog::store(const slot_list& list) {
  std::string warning;
  if (!is_loaded_)
    if (auto known = load(false, warning); !known)
      return known.error();
  auto bytes = encode(slot_catalog_copy{++generation_, list});
  // One after the other, so that at any moment one of them is whole.
  for (const auto* name : slot_catalog_names)
    if (auto err = store_copy(directory_ / name, bytes))
      return err;
  return {};
}

caf::error slot_catalog::store_copy(const std::filesystem::path& path, std::string_view bytes) {
  auto err = write_file(disk_, path, bytes);
  return code_of(err) == errc::no_space ? overwrite(disk_, path, bytes) : err;
}

} // namespace sluice::persistence
