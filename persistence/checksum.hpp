#pragma once

#include <sluice/types.hpp>

#include <cstdint>
#include <string_view>

namespace sluice::persistence {

/// CRC-32C (Castagnoli) as iSCSI and RFC 3720 define it: of "123456789" it is 0xE3069283.
std::uint32_t crc32c(std::string_view bytes);

/// XXH3-64 with seed 0.
digest xxh3(std::string_view bytes);

} // namespace sluice::persistence
