#pragma once

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <map>

namespace sluice::tools {

/// What a log holds of what was acknowledged.
struct content_check {
  std::uint64_t records = 0;
  /// Acknowledged, but not there, or not with these bytes.
  std::uint64_t lost = 0;
  /// There, but no acknowledged record stands at that LSN.
  std::uint64_t duplicated = 0;
};

/// Compares the log in `directory` with the digests of what was acknowledged at each LSN.
caf::expected<content_check> check_content(const std::filesystem::path& directory,
                                           const std::map<lsn, digest>& acknowledged);

} // namespace sluice::tools
