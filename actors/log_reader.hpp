#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

/// Reads older batches from the segments, through descriptors of its own, for the
/// `wal_buffer` that no longer holds them. Blocks on the disk; never writes. Trusts the
/// `through` and `durable` that the asker gives it.
messages::log_reader_actor spawn_log_reader(caf::actor_system& system, const node_context& context);

} // namespace sluice::actors
