#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::persistence {

inline constexpr std::uint64_t kibibyte = 1024;
inline constexpr std::uint64_t mebibyte = 1024 * kibibyte;

/// Limits and sizes of a spool; filled by config/, whose defaults.hpp gives the reasons.
struct spool_options {
  /// Size of a segment file; at least twice `append_bytes_max`, or smaller appends are the limit.
  std::uint64_t segment_bytes = 64 * mebibyte;
  std::uint64_t record_bytes_max = 16 * mebibyte;
  /// Of one append, payload bytes; half a segment if that is less.
  std::uint64_t append_bytes_max = 20 * mebibyte;
  std::uint64_t append_records_max = 100'000;
  /// One entry of the sparse index for so many bytes of frames.
  std::uint64_t index_interval_bytes = 64 * kibibyte;
  /// How many producers are remembered; the one that was silent longest is forgotten.
  std::size_t producers_max = 4096;
  /// How many sequences of each producer are remembered.
  std::size_t producer_window = 1024;
  /// Pruned segments that are kept to be written again.
  std::size_t recycled_segments_max = 4;
};

} // namespace sluice::persistence
