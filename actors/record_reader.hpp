#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

/// Turns batches into records for readers: clients, people, embedders. Keeps nothing.
messages::record_reader_actor spawn_record_reader(caf::actor_system& system,
                                                  const node_context& context,
                                                  messages::wal_buffer_actor buffer);

/// The largest answer; a single larger record is still given.
inline constexpr std::uint64_t read_bytes_max = 8ull * 1024 * 1024;

} // namespace sluice::actors
