#pragma once

#include <caf/expected.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::config {

/// Reads `500ms`, `5s`, `2m` or `24h`; `0` alone needs no unit.
/// @returns `errc::invalid_argument` with the reason, also for what doesn't fit
caf::expected<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that reads back the same: `90s`, `2m`.
std::string format_duration(std::chrono::milliseconds value);

/// Reads `64K`, `16M`, `1G` or `2T` in powers of 1024; a plain number counts bytes.
caf::expected<std::uint64_t> parse_size(std::string_view text);

/// The shortest text that reads back the same: `64M`, `1500`.
std::string format_size(std::uint64_t bytes);

/// Reads a number without sign or unit.
caf::expected<std::uint64_t> parse_count(std::string_view text);

} // namespace sluice::config
