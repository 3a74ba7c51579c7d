#pragma once

#include <sluice/frame_batch.hpp>
#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::persistence {

// The batch frame (docs/FORMAT.md, "Batch"). Numbers are plain only here and in the
// other format headers: mark, segment_header, segment_index.

inline constexpr std::uint32_t batch_magic = 0x54424C53; // "SLBT" on disk
inline constexpr std::uint16_t batch_version = 1;
inline constexpr std::size_t batch_header_bytes = 72;
/// What the digest and the header's checksum cover.
inline constexpr std::size_t batch_hashed_bytes = 64;
inline constexpr std::size_t frame_alignment = 8;
/// So that frame lengths and their padding fit 32 bits with room to spare.
inline constexpr std::uint64_t batch_bytes_max = 1u << 30;

constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + frame_alignment - 1) / frame_alignment * frame_alignment;
}

struct batch_header {
  /// Header and body, without padding.
  std::uint32_t frame_bytes = 0;
  std::uint32_t record_count = 0;
  lsn base;
  sluice::term term;
  timestamp_ms base_timestamp;
  digest previous_digest;
  timeline_id timeline;
  std::uint32_t append_count = 0;
  std::uint32_t body_crc = 0;

  lsn last() const { return last_of(base, record_count); }
  std::uint64_t stored_bytes() const { return padded(frame_bytes); }
  friend bool operator==(const batch_header&, const batch_header&) = default;
};

/// Why no batch may have this header; null when it may. Encoder and decoder both ask.
const char* why_invalid(const batch_header& header);

/// Writes the 72 bytes of the header with its checksum and returns the digest of the
/// history after the batch. @pre `why_invalid(header)` is null
digest encode(const batch_header& header, char* to);

/// The digest of the history after the batch whose encoded header starts at `header`.
digest digest_after(const char* header);

/// Reads a header and checks magic, version, checksum and `why_invalid`; not the body.
/// @returns `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<batch_header> decode_batch_header(std::string_view bytes);

/// Checks the rest of a frame: body checksum and zero padding.
/// @param frame exactly `header.stored_bytes()` bytes
/// @returns null when it is whole
const char* why_damaged(const batch_header& header, std::string_view frame);

/// The batch that `bytes` is. @pre it was decoded as `header` and checked
frame_batch make_frame_batch(const batch_header& header, payload bytes);

/// Decodes and checks the frame at the front of `bytes` (which may hold more) in full.
caf::expected<frame_batch> take_frame(const payload& bytes, std::size_t offset);

} // namespace sluice::persistence
