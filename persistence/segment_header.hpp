#pragma once

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::persistence {

inline constexpr std::uint32_t segment_magic = 0x47534C53; // "SLSG" on disk
inline constexpr std::uint16_t segment_version = 1;
inline constexpr std::size_t segment_header_bytes = 192;
/// The byte offset of a mark is stored in 32 bits, in steps of a frame's alignment.
inline constexpr std::uint64_t segment_bytes_max = 1ull << 34;

/// What stands in front of every segment.
struct segment_header {
  /// At most 64 bytes.
  std::string cluster;
  timeline_id timeline;
  sluice::term term;
  lsn first;
  std::uint32_t generation = 1;
  /// Of the history before `first`.
  digest previous_digest;
  /// The size of the file; a shorter one was cut off.
  std::uint64_t capacity = 0;
  std::uint64_t salt = 0;
  timestamp_ms created_at;
  /// When it was made, segments that only hold older records could be gone.
  lsn oldest;
  friend bool operator==(const segment_header&, const segment_header&) = default;
};

/// Why no segment may have this header; null when it may. Encoder and decoder both ask.
const char* why_invalid(const segment_header& header);

/// The 192 bytes. @pre `why_invalid(header)` is null
std::string encode(const segment_header& header);

/// @returns `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<segment_header> decode_segment_header(std::string_view bytes);

} // namespace sluice::persistence
