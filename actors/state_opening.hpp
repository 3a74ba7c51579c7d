#pragma once

#include "actors/context.hpp"
#include "persistence/node_state.hpp"

#include <sluice/node_config.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

namespace sluice::actors {

/// Opens the embedder's state, if there is one, in the directory that the node has entered.
/// May block. @returns what the applier says
caf::error open_state(const node_config& config);

/// How far the state that is open is; {0} without one. Whoever changes the log has to know it from
/// the first moment: the applier's own first word may come too late.
lsn applied_by(const node_config& config);

/// Holds the state that is open against the log, which must go on where the state ends.
/// @returns `errc::pruned`, `errc::diverged`
caf::error check_state(const node_config& config, lsn oldest, lsn durable);

/// The same of a replica, whose state a snapshot can replace.
/// @returns whether it has to
caf::expected<bool> needs_snapshot(const replica_config& config,
                                   const persistence::node_state& state, lsn oldest, lsn durable);

/// A primary gets no snapshot: what has come of one while it was a replica is removed, or it is
/// logged that it cannot be.
void forget_incoming(const node_context& context);

/// What became of the snapshot that was being installed when the node died: the state that is open
/// is the new one, and `state.restart` is gone on with; or it is the old one, or cannot be told
/// from it, and that is dropped from `state`, beside a log that nobody has touched: the snapshot is
/// got again. Nothing is stored.
/// @returns `errc::invalid_argument` for a node that was started without its state
caf::error settle_install(const node_config& config, persistence::node_state& state);

} // namespace sluice::actors
