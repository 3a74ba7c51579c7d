#pragma once

#include "persistence/log_restart.hpp"
#include "persistence/node_state.hpp"
#include "persistence/spool.hpp"

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>

namespace sluice::persistence {

/// The open log that is to be cut, as its writer has it.
struct rewound_log {
  /// Its first LSN that is kept, and its end.
  lsn oldest;
  lsn durable;
  /// Of its last batch: the tail is kept under it.
  term last_term;
};

/// Makes it durable, in `state` and `store`, that the log is to be cut behind `through`. Where the
/// log begins later than that, all of it is another history's, and is put aside.
/// @param at the digest of the history through it, as whoever asks for it has it
/// @pre nothing is appended to the log from here on; its writer still has it, and is healthy
/// @returns `errc::diverged` when this log's history through `through` is another, or no batch
///   ends there; `invalid_argument` when nothing stands behind it. Nothing was changed then.
caf::error plan_rewind(vfs& disk, const std::filesystem::path& directory, node_state_store& store,
                       node_state& state, lsn through, digest at, const rewound_log& log);

/// Does what `state.rewind` says, or goes on with it after a crash at any point: makes what
/// stands behind `through` durable as a log of its own in DIR/diverged/, cuts this one, then
/// stores `state` without `rewind`; where nothing stays, without `log_start`, too. Reads no more of
/// the log than an open does and what it copies: of the segment that holds `through`. The producers
/// of the log are those of what stays.
/// @pre `state.rewind` is set and durable in `store`; nobody has the log open, its chores
///   are done
/// @returns the cut log; after an error (`no_space`, `io_error`) nothing is lost, and it can be
///   tried again
caf::expected<std::unique_ptr<spool>> rewind_log(const log_place& place, node_state_store& store,
                                                 node_state& state);

} // namespace sluice::persistence
