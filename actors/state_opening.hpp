#pragma once

#include <sluice/node_config.hpp>

#include <caf/error.hpp>

namespace sluice::actors {

/// Opens the embedder's state, if there is one, in the directory that the node has entered,
/// and holds it against the log there, which must go on where the state ends. May block.
/// @returns what the applier says, `errc::pruned`, `errc::diverged`
caf::error open_state(const node_config& config, lsn oldest, lsn durable);

} // namespace sluice::actors
