#pragma once

#include "messages/interfaces.hpp"

#include <caf/actor_cast.hpp>

#include <string>

namespace sluice::actors {

/// How a gate of either role hears a replica that asks for a snapshot: the keeper answers, or the
/// gate that there is none.
/// @param keeper null where the embedder has no state to give
template <class Self>
void pass_on(Self* self, const messages::snapshot_keeper_actor& keeper, const std::string& node,
             const messages::snapshot_request& request) {
  auto who = caf::actor_cast<caf::strong_actor_ptr>(self->current_sender());
  // CAF lost the way back to who sent it: it asks again.
  if (!who)
    return;
  if (request.well_formed && keeper) {
    self->send(keeper, messages::serve_snapshot{who, request});
    return;
  }
  auto sink = caf::actor_cast<messages::snapshot_sink_actor>(who);
  if (!request.well_formed)
    self->send(sink, messages::snapshot_refused{true, request.attempt, errc::malformed,
                                                "the request could not be understood"});
  else
    self->send(sink, messages::snapshot_refused{true, request.attempt, errc::not_found,
                                                "node " + node + " has no state to give"});
}

} // namespace sluice::actors
