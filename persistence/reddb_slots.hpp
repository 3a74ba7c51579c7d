#pragma once

#include "persistence/vfs.hpp"
#include "replication/slot.hpp"

#include <caf/expected.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// The slots of a RedDB binary catalog, `RDSLOT01` version 1 or 2. An inactive slot
/// without a reason was given up as `horizon`. Slots whose id is no valid name are left out.
/// @returns `errc::corruption` with the reason, `unknown_version`
caf::expected<std::vector<replication::slot>> read_reddb_slot_catalog(std::string_view bytes);

/// The slots of RedDB's legacy JSON store. Entries without id or positions are left out, as
/// RedDB does; a reason that is not known is no reason.
/// @returns `errc::corruption` when it is no such JSON
caf::expected<std::vector<replication::slot>> read_reddb_slot_json(std::string_view bytes);

/// Both together, sorted by id; of a slot that stands in both the newer: that which is
/// further, then that which was seen later, then the binary one, which says more. (RedDB
/// lets the JSON win, whatever its age.)
std::vector<replication::slot> merge_reddb_slots(std::vector<replication::slot> binary,
                                                 const std::vector<replication::slot>& json);

/// The slots of all `files` together, each a binary catalog or a legacy JSON store, as its
/// first bytes say; merged as above. Never writes there.
/// @returns the errors above, with the file; `io_error`
caf::expected<std::vector<replication::slot>>
load_reddb_slots(vfs& disk, const std::vector<std::filesystem::path>& files);

/// For a log that was imported and ends with `last`: nobody has more than that of it.
std::vector<replication::slot> fit_reddb_slots(std::vector<replication::slot> slots, lsn last);

} // namespace sluice::persistence
