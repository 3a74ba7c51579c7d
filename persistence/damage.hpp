#pragma once

#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace sluice::persistence {

/// Something on disk that is not as it was written.
struct damage {
  std::filesystem::path file;
  std::uint64_t byte_offset = 0;
  /// The LSN of the batch that is damaged, or that would have begun there.
  sluice::lsn lsn;
  std::string reason;
  errc code = errc::corruption;
  friend bool operator==(const damage&, const damage&) = default;
};

/// `open: DIR/000...42.seg: offset=192 lsn=42: bad batch body checksum`
caf::error to_error(const damage& found, const char* operation);

} // namespace sluice::persistence
