#pragma once

#include "persistence/vfs.hpp"
#include "replication/slot.hpp"

#include <caf/expected.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// Every slot of a primary, as it is stored (decision 11). Whether a slot is connected is
/// not; how long it had been idle stands in `idle_before`.
struct slot_list {
  std::vector<replication::slot> slots;
  /// Why slots may be missing: nothing may be pruned by this list. Empty when it is whole.
  std::string incomplete;
  friend bool operator==(const slot_list&, const slot_list&) = default;
};

/// The files of the two copies, in the order in which they are written.
inline constexpr std::array slot_catalog_names{"slots.a", "slots.b"};

/// Loads and stores the two copies. Blocks on the disk; used by one
/// thread at a time.
class slot_catalog {
public:
  slot_catalog(vfs& disk, std::filesystem::path directory);

  /// What was stored. Both copies damaged, or both missing where there `should_exist` some:
  /// an empty list that is incomplete.
  /// @param warning is set when something was damaged; one copy is mended by the other
  /// @returns `errc::unknown_version` (not a byte was changed), `io_error`
  caf::expected<slot_list> load(bool should_exist, std::string& warning);

  /// Durable in both copies when it returns no error; after an error in none or in one, and
  /// what was stored before can still be loaded. On a full volume the copies are
  /// overwritten in place, so that slots can be given up to make room.
  caf::error store(const slot_list& list);

private:
  caf::error store_copy(const std::filesystem::path& path, std::string_view bytes);

  vfs& disk_;
  std::filesystem::path directory_;
  std::uint64_t generation_ = 0;
  bool is_loaded_ = false;
};

} // namespace sluice::persistence
