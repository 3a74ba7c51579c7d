#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace sluice {

/// A u64 that says what it counts. Two of different tags don't mix, there is no
/// arithmetic on them, and nothing converts to or from a number by itself: sums and
/// differences go through named functions, so that each wrap-around has one home.
template <class Tag>
struct strong_u64 {
  std::uint64_t value = 0;

  constexpr strong_u64() = default;
  constexpr explicit strong_u64(std::uint64_t x) : value(x) {}

  friend constexpr auto operator<=>(strong_u64, strong_u64) = default;
};

template <class Tag>
std::string to_string(strong_u64<Tag> x) {
  return std::to_string(x.value);
}

} // namespace sluice

template <class Tag>
struct std::hash<sluice::strong_u64<Tag>> {
  std::size_t operator()(sluice::strong_u64<Tag> x) const noexcept {
    return std::hash<std::uint64_t>{}(x.value);
  }
};
