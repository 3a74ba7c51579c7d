#pragma once

#include "persistence/append_entry.hpp"

#include <sluice/frame_batch.hpp>
#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace sluice::persistence {

/// Where a batch goes in the history.
struct batch_position {
  lsn base;
  sluice::term term;
  timeline_id timeline;
  digest previous_digest;
};

/// A batch with room in front of it in the same block, so that what must precede it on
/// disk goes out in the same write.
struct encoded_batch {
  frame_batch batch;
  std::shared_ptr<char[]> block;
  std::size_t room_in_front = 0;

  std::size_t block_bytes() const { return room_in_front + batch.bytes.size(); }
};

/// Copies the records of `entries` once, into one new block.
/// @returns `errc::invalid_argument` (no record, a bad producer name), `errc::too_large`
caf::expected<encoded_batch> encode_batch(std::span<const append_entry> entries,
                                          const batch_position& position,
                                          std::size_t room_in_front);

} // namespace sluice::persistence
