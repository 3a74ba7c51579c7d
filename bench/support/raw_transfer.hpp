#pragma once

#include <filesystem>

namespace sluice::bench {

/// MB/s of plain TCP over the loopback device and sequential writing: one thread reads `from` and
/// sends, one writes what comes to `to`, which is removed, with an fdatasync every 16 MiB.
double raw_transfer_rate(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace sluice::bench
