#pragma once

#include <sluice/types.hpp>

#include <cstdint>
#include <string_view>

namespace sluice::persistence {

/// CRC-32C (Castagnoli) as iSCSI and RFC 3720 define it: of "123456789" it is 0xE3069283.
std::uint32_t crc32c(std::string_view bytes);

/// CRC-32/ISO-HDLC, that of zlib and gzip: of "123456789" it is 0xCBF43926. Only for formats
/// of others.
/// @param before the checksum of the bytes that stand before `bytes`
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

/// XXH3-64 with seed 0.
digest xxh3(std::string_view bytes);

} // namespace sluice::persistence
