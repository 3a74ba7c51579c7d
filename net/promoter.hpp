#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"

#include <chrono>

namespace sluice::net {

struct promoter_setup {
  actors::node_context context;
  messages::replica_receiver_actor receiver;
  /// For every node together to be reached and to answer, once for the survey and once for
  /// the grants.
  std::chrono::milliseconds answer_within{2000};
};

/// Makes this replica the primary when an operator asks for it (docs/ARCHITECTURE.md,
/// "Promotion"): asks every node that is known what it holds, and, where nothing speaks
/// against it, for its grant of a new term; then has the receiver make it durable.
/// One promotion at a time. Each request is answered once.
messages::promoter_actor spawn_promoter(caf::actor_system& system, promoter_setup setup);

} // namespace sluice::net
