#pragma once

#include <sluice/append.hpp>

#include <cstddef>
#include <cstdint>

namespace sluice::persistence {

inline constexpr std::uint64_t kibibyte = 1024;
inline constexpr std::uint64_t mebibyte = 1024 * kibibyte;

/// What is remembered of producers. At the bounds: 15 MiB of runs, 2 MiB of names, 8 MiB of
/// what is left of forgotten ones; half of it, at most 4 MiB, in the index of each segment.
struct producer_limits {
  /// Remembered by name; the one that was silent longest is forgotten.
  std::size_t producers_max = 4096;
  /// Runs of appends that follow each other evenly; its oldest is forgotten. One input by
  /// one producer is one run, while others append at the same time one for each batch.
  std::size_t runs_of_one_max = 64 * 1024;
  /// Of all producers together.
  std::size_t runs_max = 256 * 1024;
  /// Forgotten producers whose last sequence is still known.
  std::size_t forgotten_max = 64 * 1024;
  /// Once of some producers nothing is left: what a producer that nobody knows may begin
  /// with. As many as a client has in flight, for they may arrive in any order.
  std::uint64_t first_sequence_max = 1024;
};

/// Limits and sizes of a spool; filled by config/, whose defaults.hpp gives the reasons.
struct spool_options {
  /// Size of a segment file; at least twice `append_bytes_max`, or smaller appends are the limit.
  std::uint64_t segment_bytes = 64 * mebibyte;
  std::uint64_t record_bytes_max = 16 * mebibyte;
  /// Of one append, payload bytes; half a segment if that is less.
  std::uint64_t append_bytes_max = append_limits{}.bytes_max;
  std::uint64_t append_records_max = append_limits{}.records_max;
  /// One entry of the sparse index for so many bytes of frames.
  std::uint64_t index_interval_bytes = 64 * kibibyte;
  producer_limits producers;
  /// Pruned segments that are kept to be written again.
  std::size_t recycled_segments_max = 4;
};

} // namespace sluice::persistence
