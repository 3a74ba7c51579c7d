#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "replication/members.hpp"

namespace sluice::actors {

struct coordinator_setup {
  node_context context;
  replication::members declared;
  /// The node's default policy, whose watermark is reported.
  commit_policy floor;
  /// What the log held durable when it was opened.
  lsn durable;
  /// What it held when the term began.
  lsn term_start = {};
};

/// Owns who votes, the watermark of each policy in use, and every commit that waits, with
/// one timer for all deadlines. Promises: each waiting commit is answered once; a vote
/// touches only the commits that it satisfies; late votes change no answer.
messages::commit_coordinator_actor spawn_commit_coordinator(caf::actor_system& system,
                                                            coordinator_setup setup);

} // namespace sluice::actors
