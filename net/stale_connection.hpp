#pragma once

#include "messages/interfaces.hpp"

#include <sluice/node_config.hpp>

namespace sluice::net {

/// Shuts down this process's TCP connections to `where`, so that the middleman forgets
/// them and connects anew.
///
/// For a peer that takes messages and never answers: CAF 0.17 forgets the route of a
/// connection whose descriptor was used before by one that closed a moment ago, and keeps
/// the connection, which can then carry nothing back; connecting again hands out the same
/// one (cf. actor-framework issue 606). Nothing in CAF closes a connection from outside.
/// Thread safe; does not block.
void shut_connections_to(const node_endpoint& where);

/// Has the middleman forget a gate of another process that does not answer, so that connecting
/// anew asks that process which gate it has now.
///
/// CAF 0.17 keeps what it was once given for an address until it hears of that actor's end, also
/// when the connection on which it would have heard was lost; the two nodes may be connected
/// again by then, from the other side, where `shut_connections_to` finds nothing.
void forget_remote(const messages::node_gate_actor& gate);

} // namespace sluice::net
