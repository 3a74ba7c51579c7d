#pragma once

#include "messages/interfaces.hpp"
#include "net/connect_failure.hpp"
#include "net/dialer.hpp"
#include "net/stale_connection.hpp"

#include <sluice/node_config.hpp>

#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
#include <caf/sec.hpp>

#include <chrono>
#include <set>
#include <string>
#include <utility>

namespace sluice::net {

/// A handshake that takes longer has failed. CAF itself would wait for ever.
inline constexpr std::chrono::milliseconds connect_deadline{3000};

/// Finds the actor that is published at `where`, without blocking. `connected(node_gate_actor)`
/// or `failed(std::string)` is called later, by the actor. Through one dialer one after the other.
template <class Self, class Connected, class Failed>
void connect_to(Self* self, dialer& through, const node_endpoint& where, Connected connected,
                Failed failed) {
  // Never middleman::remote_actor() inside an actor: it blocks.
  self->request(through.of(self->system()), connect_deadline, caf::connect_atom_v, where.host,
                where.port)
      .then(
          [connected, failed](const caf::node_id&, const caf::strong_actor_ptr& gate,
                              const std::set<std::string>&) {
            if (gate)
              connected(caf::actor_cast<messages::node_gate_actor>(gate));
            else
              failed(std::string{"nothing is published there"});
          },
          [failed, where](const caf::error& why) {
            // CAF goes on waiting, and a later try would wait with it.
            if (why == caf::sec::request_timeout)
              shut_connections_to(where);
            failed(connect_failure(why));
          });
}

/// For a gate that takes messages and does not answer: what leads to it is shut, so that the next
/// `connect_to` connects anew. A message to an actor that has ended is answered by nobody, a
/// question is: then the gate is forgotten, too.
template <class Self>
void break_off(Self* self, const node_endpoint& where, const messages::node_gate_actor& gate,
               std::chrono::milliseconds within) {
  shut_connections_to(where);
  self->request(gate, within, messages::topology_request{})
      .then([](const messages::topology_reply&) {},
            [gate](const caf::error& why) {
              if (why != caf::sec::request_timeout)
                forget_remote(gate);
            });
}

} // namespace sluice::net
