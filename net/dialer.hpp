#pragma once

#include <caf/actor_system.hpp>
#include <caf/io/middleman_actor.hpp>

#include <chrono>
#include <utility>

namespace sluice::net {

/// A host that does not answer within it is not reached. A lost packet is sent again after 1 s.
inline constexpr std::chrono::milliseconds dial_deadline{2000};

/// Connects to nodes for its owner alone, and ends with it.
///
/// CAF 0.17 makes all connections of a process in one actor, which waits in `connect(2)`: as long
/// as one host does not answer, for two minutes, nobody of the process reaches any other, and a
/// replica whose primary is gone could not be promoted by the nodes that are there. So each actor
/// that connects has a connector of its own, which waits `dial_deadline`.
class dialer {
public:
  dialer() = default;
  dialer(dialer&& other) noexcept : actor_(std::exchange(other.actor_, nullptr)) {}
  dialer& operator=(dialer&& other) noexcept {
    std::swap(actor_, other.actor_);
    return *this;
  }
  ~dialer();

  /// Takes `connect_atom` as CAF's own does; that one in a system without real sockets.
  caf::io::middleman_actor of(caf::actor_system& system);

private:
  /// None before it is needed.
  caf::io::middleman_actor actor_;
};

} // namespace sluice::net
