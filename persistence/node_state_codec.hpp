#pragma once

#include "persistence/node_state.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::persistence {

inline constexpr std::uint32_t node_state_magic = 0x534E4C53; // "SLNS" on disk
inline constexpr std::uint16_t node_state_version = 1;
/// Of one copy: bounds what is read before it is checked.
inline constexpr std::uint64_t node_state_bytes_max = 16 * 1024 * 1024;

/// One copy of the state as it stands in a file.
struct node_state_copy {
  std::uint64_t generation = 0;
  node_state state;
  friend bool operator==(const node_state_copy&, const node_state_copy&) = default;
};

std::string encode(const node_state_copy& copy);

/// @returns `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<node_state_copy> decode_node_state(std::string_view bytes);

} // namespace sluice::persistence
