#pragma once

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

} // namespace sluice::net
