#include "persistence/checksum.hpp"

#include <isa-l/crc.h>
#include <xxhash.h>

#include <algorithm>
#include <limits>

namespace sluice::persistence {

std::uint32_t crc32c(std::string_view bytes) {
  // ISA-L leaves the inversions before and after to the caller, and counts in int.
  constexpr std::size_t step_max = std::numeric_limits<int>::max() / 2;
  std::uint32_t crc = 0xFFFFFFFFu;
  while (!bytes.empty()) {
    auto step = std::min(bytes.size(), step_max);
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    crc = crc32_iscsi(data, static_cast<int>(step), crc);
    bytes.remove_prefix(step);
  }
  return ~crc;
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  return bytes.empty() ? before : crc32_gzip_refl(before, data, bytes.size());
}

digest xxh3(std::string_view bytes) {
  return digest{XXH3_64bits(bytes.data(), bytes.size())};
}

} // namespace sluice::persistence
