#pragma once

#include "persistence/chore.hpp"
#include "persistence/node_state.hpp"
#include "persistence/spool.hpp"

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <vector>

namespace sluice::persistence {

/// A log that begins anew elsewhere (decision 12), in a directory that the caller has locked.
/// The old log is kept in DIR/discarded/ until `discarded_is_due`.
struct log_place {
  vfs& disk;
  std::filesystem::path directory;
  spool_options options;
  spool_identity identity;
  spool_environment environment = {};
};

/// Makes it durable that the log is to begin anew, in `state` and `store`. What discarded/ still
/// holds of an earlier time is removed when this log has gone past it.
/// @param flushed where the log ends that is given up; its writer still has it
caf::error plan_restart(vfs& disk, const std::filesystem::path& directory, node_state_store& store,
                        node_state& state, const log_restart& where, lsn flushed);

/// Notes in `state` that the snapshot that `state.restart` is of is installed: what the node holds
/// is of that timeline from here on. Nothing is stored: `restart_log` does that.
void note_installed(node_state& state);

/// Begins what `state.restart` says, or goes on with it after a crash at any point: moves the
/// old log aside, begins the new one, then stores `state` without `restart`, with `log_start`,
/// and without `wants_snapshot` when it is one of a state. Before the first file of such a one
/// moves it is durable that the state is installed.
/// @pre `state.restart` is set and durable in `store`, but for what `note_installed` has noted for
///   one of a state; nobody has the old log open, its chores are done
/// @returns the new log; after an error it can be tried again
caf::expected<std::unique_ptr<spool>> restart_log(const log_place& place, node_state_store& store,
                                                  node_state& state);

/// Whether the log in discarded/ is no longer worth keeping: the new one, durable through
/// `durable`, holds what follows it.
bool discarded_is_due(const node_state& state, lsn durable);

/// Unlinks what is in discarded/ and then that, as work for the `segment_preparer`, in this
/// order; none when it is gone.
/// When all is done `discarded_through` may be forgotten.
caf::expected<std::vector<chore>> discarded_files(vfs& disk,
                                                  const std::filesystem::path& directory);

} // namespace sluice::persistence
