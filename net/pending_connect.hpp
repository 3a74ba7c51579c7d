#pragma once

#include "net/stale_connection.hpp"

#include <sluice/node_config.hpp>

#include <caf/error.hpp>

#include <optional>
#include <utility>

namespace sluice::net {

/// The connect that an actor waits for, and the actor's end until CAF has answered it. CAF
/// 0.17 holds on to a connect that is never answered, with the actor of its own that makes
/// connections, and the actor system then waits for that one for ever.
class pending_connect {
public:
  void begin(const node_endpoint& where) { where_ = where; }

  /// CAF has answered. @returns false when the actor was to end: it ends now
  template <class Self>
  bool answered(Self* self) {
    where_.reset();
    if (end_reason_)
      self->quit(*end_reason_);
    return !end_reason_;
  }

  /// Ends the actor, at once or when CAF has answered. Breaks the connection until then, for
  /// a silent peer never answers.
  template <class Self>
  void end(Self* self, const caf::error& reason) {
    if (where_) {
      end_reason_ = reason;
      is_ending();
    } else {
      self->quit(reason);
    }
  }

  /// Whether the actor only waits for CAF. To be asked again and again: the connection that
  /// has to be broken may not be there yet.
  bool is_ending() const {
    if (end_reason_ && where_)
      shut_connections_to(*where_);
    return end_reason_.has_value();
  }

private:
  std::optional<node_endpoint> where_;
  std::optional<caf::error> end_reason_;
};

} // namespace sluice::net
