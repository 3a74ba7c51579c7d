#pragma once

#include <sluice/payload.hpp>
#include <sluice/types.hpp>

#include <cstdint>

namespace sluice {

/// A batch of records exactly as it stands on disk and travels to replicas
/// (docs/FORMAT.md): the unit of history. Immutable; the bytes are shared.
/// The fields are those of the header of `bytes`, which was checked when this was made.
struct frame_batch {
  lsn first;
  lsn last;
  sluice::term term;
  timeline_id timeline;
  timestamp_ms base_timestamp;
  digest previous_digest;
  /// The history's digest after this batch.
  digest tail_digest;
  /// The whole frame: header, body and padding.
  payload bytes;

  std::uint64_t record_count() const { return last.value - first.value + 1; }
  friend bool operator==(const frame_batch&, const frame_batch&) = default;
};

} // namespace sluice
