#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

struct reader_setup {
  messages::wal_buffer_actor buffer;
  /// Knows how far the node has applied.
  messages::applied_source_actor applied;
  /// Of a primary; a replica's source tells its own.
  sluice::term term;
  timeline_id timeline;
  /// Requests that may be open; beyond it a reader is `overloaded`.
  std::size_t reads_max = 20'000;
};

/// Turns batches into records for readers: clients, people, embedders. Keeps nothing but who
/// waits for an answer. A read at a bookmark begins once the node has applied through it.
messages::record_reader_actor spawn_record_reader(caf::actor_system& system, reader_setup setup);

/// The largest answer; a single larger record is still given.
inline constexpr std::uint64_t read_bytes_max = 8ull * 1024 * 1024;

} // namespace sluice::actors
