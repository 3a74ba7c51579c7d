#pragma once

#include "persistence/slot_catalog.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::persistence {

inline constexpr std::uint32_t slot_catalog_magic = 0x43534C53; // "SLSC" on disk
inline constexpr std::uint16_t slot_catalog_version = 1;
/// Of one copy: bounds what is read before it is checked.
inline constexpr std::uint64_t slot_catalog_bytes_max = 64 * 1024 * 1024;

/// One copy of the catalog as it stands in a file.
struct slot_catalog_copy {
  std::uint64_t generation = 0;
  slot_list list;
  friend bool operator==(const slot_catalog_copy&, const slot_catalog_copy&) = default;
};

std::string encode(const slot_catalog_copy& copy);

/// @returns `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<slot_catalog_copy> decode_slot_catalog(std::string_view bytes);

} // namespace sluice::persistence
