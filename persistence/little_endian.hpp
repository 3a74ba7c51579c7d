#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace sluice::persistence {

/// Writes `x` at `to`, least significant byte first. @pre `sizeof(x)` bytes of room
template <std::unsigned_integral UInt>
void put_little_endian(char* to, UInt x) {
  for (std::size_t i = 0; i < sizeof(UInt); ++i)
    to[i] = static_cast<char>(static_cast<unsigned char>(x >> (8 * i)));
}

/// Reads what `put_little_endian` wrote. @pre `sizeof(UInt)` bytes are there
template <std::unsigned_integral UInt>
UInt get_little_endian(const char* from) {
  UInt x = 0;
  for (std::size_t i = 0; i < sizeof(UInt); ++i)
    x = static_cast<UInt>(
        x | static_cast<UInt>(static_cast<UInt>(static_cast<unsigned char>(from[i])) << (8 * i)));
  return x;
}

} // namespace sluice::persistence
