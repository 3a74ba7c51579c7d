#pragma once

#include "actors/context.hpp"
#include "messages/local.hpp"
#include "persistence/chore.hpp"

#include <caf/typed_actor.hpp>

#include <vector>

namespace sluice::actors {

/// Slow work around segments that must not happen on the append path.
struct do_chores {
  std::vector<persistence::chore> chores;
};

using chore_listener_actor = caf::typed_actor<caf::reacts_to<messages::chore_finished>>;

using segment_preparer_actor = caf::typed_actor<caf::reacts_to<do_chores>>;

/// Owns the next, prepared segment until the writer takes it. Writes and unlinks files
/// that are not yet, or no longer, part of the log; answers each chore with a
/// `chore_finished` to the sender. Blocks on the disk.
segment_preparer_actor spawn_segment_preparer(caf::actor_system& system,
                                              const node_context& context);

} // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::do_chores)
