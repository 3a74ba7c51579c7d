#pragma once

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

inline constexpr std::uint32_t snapshot_manifest_magic = 0x4D534C53; // "SLSM" on disk
inline constexpr std::uint16_t snapshot_manifest_version = 1;
/// Of the file: bounds what is read before it is checked.
inline constexpr std::uint64_t snapshot_manifest_bytes_max = 32 * 1024 * 1024;
inline constexpr std::size_t snapshot_chunks_max = 1'000'000;
inline constexpr std::uint64_t snapshot_chunk_bytes_max = 64 * 1024 * 1024;

struct snapshot_chunk {
  /// At least 1, at most `snapshot_chunk_bytes_max`.
  std::uint64_t bytes = 0;
  /// XXH3-64 of them.
  digest content;
  friend bool operator==(const snapshot_chunk&, const snapshot_chunk&) = default;
};

/// What a snapshot consists of, and where in the history it stands.
struct snapshot_manifest {
  lsn at;
  timeline_id timeline;
  sluice::term term;
  /// Of the log through `at`: who goes on behind it begins with that.
  digest history;
  std::vector<snapshot_chunk> chunks;
  /// Of the record at `at`.
  sluice::term last_term = {};
  /// The producer table through `at`, as in an index; empty: not known.
  std::string producers = {};

  std::uint64_t bytes() const;
  friend bool operator==(const snapshot_manifest&, const snapshot_manifest&) = default;
};

/// The chunk that these bytes make.
snapshot_chunk chunk_of(std::string_view bytes);

/// Why it is no manifest; null when it is one.
const char* fault_of(const snapshot_manifest& x);

std::string encode(const snapshot_manifest& x);

/// @returns `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<snapshot_manifest> decode_snapshot_manifest(std::string_view bytes);

} // namespace sluice::persistence
