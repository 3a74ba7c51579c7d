#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

struct buffer_limits {
  /// Bytes of recent batches that stay in memory.
  std::uint64_t bytes_max = 64ull * 1024 * 1024;
  /// Readers that may wait at the tail; beyond it they are `overloaded`.
  std::size_t waits_max = 10'000;
};

struct buffer_setup {
  node_context context;
  buffer_limits limits;
  /// What the log held when it was opened.
  lsn oldest;
  lsn durable;
  messages::log_reader_actor reader;
};

/// Owns the recent batches of this node, shared by reference; hands them out after any
/// position and passes on to the reader what it no longer holds. Serves only what is
/// durable. Readers that are at the tail wait here, at no cost, until their deadline.
messages::wal_buffer_actor spawn_wal_buffer(caf::actor_system& system, buffer_setup setup);

} // namespace sluice::actors
