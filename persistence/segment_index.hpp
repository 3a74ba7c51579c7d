#pragma once

#include "persistence/producer_table.hpp"
#include "persistence/segment_header.hpp"

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

inline constexpr std::uint32_t index_magic = 0x58494C53; // "SLIX" on disk
inline constexpr std::uint16_t index_version = 2;
inline constexpr std::size_t index_header_bytes = 80;
inline constexpr std::size_t index_entry_bytes = 24;

/// Where a batch begins.
struct index_entry {
  lsn first;
  std::uint64_t byte_offset = 0;
  /// Of the history before the batch.
  digest previous_digest;
  friend bool operator==(const index_entry&, const index_entry&) = default;
};

/// The sidecar of a closed segment: lets an open and a seek do without reading it.
/// Never the truth: a missing or damaged one is made again from the segment.
struct segment_index {
  std::uint64_t salt = 0;
  lsn first;
  lsn last;
  std::uint32_t generation = 0;
  /// Where the segment_end mark stands.
  std::uint64_t end_offset = 0;
  digest tail_digest;
  sluice::term last_term;
  timeline_id last_timeline;
  std::vector<index_entry> entries;
  /// A snapshot of the producer table after the segment.
  std::string producers;
  producer_format producers_format = producer_format::runs;

  bool is_of(const segment_header& header) const {
    return salt == header.salt && first == header.first && generation == header.generation;
  }
  friend bool operator==(const segment_index&, const segment_index&) = default;
};

std::string encode(const segment_index& index);

/// @returns `errc::corruption`; `errc::unknown_version` when it is intact but newer
caf::expected<segment_index> decode_segment_index(std::string_view bytes);

/// The last entry that begins at or before `position`; null when there is none.
const index_entry* find_entry(const std::vector<index_entry>& entries, lsn position);

/// Collects entries, one for so many bytes.
class index_builder {
public:
  explicit index_builder(std::uint64_t interval_bytes, std::vector<index_entry> so_far = {})
      : interval_bytes_(interval_bytes), entries_(std::move(so_far)) {}

  void add(const index_entry& batch) {
    if (!entries_.empty() && batch.byte_offset < entries_.back().byte_offset + interval_bytes_)
      return;
    entries_.push_back(batch);
  }
  const std::vector<index_entry>& entries() const { return entries_; }

private:
  std::uint64_t interval_bytes_;
  std::vector<index_entry> entries_;
};

} // namespace sluice::persistence
