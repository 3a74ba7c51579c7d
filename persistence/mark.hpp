#pragma once

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::persistence {

inline constexpr std::uint32_t mark_magic = 0x4B4D4C53; // "SLMK" on disk
inline constexpr std::uint16_t mark_version = 1;
inline constexpr std::size_t mark_bytes = 48;

enum class mark_kind : std::uint16_t {
  /// Begins a write group: batches follow.
  group = 0,
  /// Stands alone: the log was idle.
  idle = 1,
  /// The log was closed after it.
  clean_close = 2,
  /// The segment ends here; what follows in the file is of no meaning.
  segment_end = 4,
};

/// A local fact, not history: everything before this frame is durable on this node.
struct mark {
  mark_kind kind = mark_kind::group;
  /// Of the segment that it stands in: what was written to the file before it was
  /// recycled, or comes in a payload, cannot pass for a mark.
  std::uint64_t salt = 0;
  lsn durable_through;
  digest tail_digest;
  /// Segments that only hold older records may be gone.
  lsn oldest;
  /// Where it stands in its file.
  std::uint64_t byte_offset = 0;
  friend bool operator==(const mark&, const mark&) = default;
};

/// Writes 48 bytes.
void encode(const mark& value, char* to);

/// @returns `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<mark> decode_mark(std::string_view bytes);

} // namespace sluice::persistence
