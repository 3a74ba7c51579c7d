#include "persistence/slot_catalog.hpp"

#include "persistence/copy_pair.hpp"
#include "persistence/slot_catalog_codec.hpp"

namespace sluice::persistence {

slot_catalog::slot_catalog(vfs& disk, std::filesystem::path directory)
    : disk_(disk)
    , directory_(std::move(directory))
    , copies_(disk, directory_, slot_catalog_names) {}

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
  if (warning.empty()) {
    copies_.found_same();
    return std::move(pair->good->list);
  }
  copies_.found_without(pair->other);
  if (auto err = copies_.mend(encode(*pair->good)))
    warning += "; it could not be mended: " + describe(err);
  return std::move(pair->good->list);
}

caf::error slot_catalog::store(const slot_list& list) {
  std::string warning;
  if (!is_loaded_)
    if (auto known = load(false, warning); !known)
      return known.error();
  return copies_.write(encode(slot_catalog_copy{++generation_, list}));
}

} // namespace sluice::persistence
