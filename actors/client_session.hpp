#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

namespace sluice::actors {

struct client_session_setup {
  node_context context;
  messages::client_welcome welcome;
  caf::strong_actor_ptr client;
  messages::spool_writer_actor writer;
};

/// Owns one remote client's credit and its pending answers. Takes `append_many`, answers
/// with `committed_many`, gathering what was decided meanwhile. Ends when the client is
/// gone; what it had in flight is decided without it.
messages::client_session_actor spawn_client_session(caf::actor_system& system,
                                                    client_session_setup setup);

} // namespace sluice::actors
