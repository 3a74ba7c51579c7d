#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::persistence {

/// LEB128: seven bits a byte, the least significant first.
constexpr std::size_t varint_bytes(std::uint64_t x) {
  std::size_t bytes = 1;
  for (; x >= 0x80; x >>= 7)
    ++bytes;
  return bytes;
}

/// Writes `x` and returns where the next byte goes. @pre `varint_bytes(x)` of room
inline char* put_varint(char* to, std::uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    *to++ = static_cast<char>(static_cast<unsigned char>(x | 0x80));
  *to++ = static_cast<char>(static_cast<unsigned char>(x));
  return to;
}

/// Takes one varint off the front of `from`; nothing when it is cut off, longer than it
/// has to be or does not fit 64 bits, so that every value has one encoding.
inline std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t x = 0;
  for (std::size_t i = 0; i < from.size() && i < 10; ++i) {
    auto byte = static_cast<unsigned char>(from[i]);
    if (i == 9 && byte > 1)
      return std::nullopt;
    x |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0)
      continue;
    if (byte == 0 && i > 0)
      return std::nullopt;
    from.remove_prefix(i + 1);
    return x;
  }
  return std::nullopt;
}

/// Takes `size` bytes off the front of `from`; nothing when there are fewer.
inline std::optional<std::string_view> take_bytes(std::string_view& from, std::uint64_t size) {
  if (size > from.size())
    return std::nullopt;
  auto bytes = from.substr(0, static_cast<std::size_t>(size));
  from.remove_prefix(bytes.size());
  return bytes;
}

/// Maps small negative and positive differences to small numbers.
constexpr std::uint64_t zigzag(std::uint64_t from, std::uint64_t to) {
  auto delta = to - from;
  return (delta << 1) ^ (0 - (delta >> 63));
}

/// The `to` of `zigzag(from, to)`.
constexpr std::uint64_t unzigzag(std::uint64_t from, std::uint64_t coded) {
  return from + ((coded >> 1) ^ (0 - (coded & 1)));
}

} // namespace sluice::persistence
