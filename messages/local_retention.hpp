#pragma once

#include "replication/log_extent.hpp"
#include "replication/slot.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// What is said of slots, of room and of what is pruned. Never serialized.
namespace sluice::messages {

/// Asks the writer where the log's bytes are.
struct measure_log {};
struct log_measured {
  std::vector<replication::segment_extent> segments;
  /// Of segments that are ready to be used next.
  std::uint64_t spare_bytes = 0;
};

/// Asks the `slot_keeper` what the volume holds.
struct measure_disk {};
struct disk_measured {
  std::uint64_t free_bytes = 0;
};

/// Asks the `slot_keeper` to make these slots durable, in both copies.
struct store_slots {
  std::shared_ptr<const std::vector<replication::slot>> slots;
  /// Why slots may be missing among them; empty when none can be.
  std::string incomplete;
};
struct slots_stored {};

/// Asks the writer to remove whole segments with records through `through`; what needs them
/// no more is durable already.
struct prune_log {
  lsn through;
};
/// The first LSN that is really kept by now; told to everyone who serves the log.
struct log_pruned {
  lsn oldest;
};

/// The writer began a new segment, or lacks room for one: time to look at slots.
struct room_taken {};

} // namespace sluice::messages

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::room_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_pruned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::prune_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::slots_stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::store_slots)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::disk_measured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::measure_disk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_measured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::measure_log)
