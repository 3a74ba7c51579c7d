#pragma once

#include "persistence/copy_writer.hpp"
#include "persistence/vfs.hpp"
#include "replication/timeline_entry.hpp"

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sluice::persistence {

enum class node_role : std::uint8_t { primary = 1, replica = 2 };

std::string to_string(node_role role);

using replication::known_node;
using replication::timeline_entry;

/// A log that is to begin anew elsewhere (decision 12); stored before the first file moves.
struct log_restart {
  lsn first;
  /// Of the history before `first`.
  digest before;
  /// The embedder's state is replaced by a snapshot first; when it has not been, nothing is
  /// begun.
  bool is_of_state = false;
  /// Of the last record before `first`; {0}: not known, as from a primary of an earlier version.
  term last_term = {};
  /// Of the state that is replaced: one that stands at the snapshot's LSN already cannot be told
  /// from the new one.
  lsn replaced = {};
  /// `discarded_through` as it was, for when nothing is begun.
  lsn discarded_before = {};
  /// The state is the snapshot's: only then is the log touched.
  bool is_installed = false;
  /// What a snapshot is of, once it is installed, and how that came about; {0} and empty: what the
  /// node knows already.
  timeline_id timeline = {};
  std::vector<timeline_entry> history = {};
  /// The producer table before `first`, as in an index; empty: not known.
  std::string producers = {};
  friend bool operator==(const log_restart&, const log_restart&) = default;
};

/// A log whose end is to be put aside and cut off; stored before the first file is touched.
struct log_rewind {
  /// The last LSN that stays; 0: nothing does, and the log begins with the history.
  lsn through;
  /// Of the history through it.
  digest at;
  /// Where the log ends before it is cut.
  lsn last;
  /// Of the segment that takes over behind `through`: once that is there the log is cut.
  std::uint32_t generation = 0;
  /// The folder in `diverged/` that keeps what is cut off; empty: that is no record.
  std::string kept_as;
  friend bool operator==(const log_rewind&, const log_rewind&) = default;
};

/// What a node is and must never forget (decision 6). Nothing of it ever goes back.
struct node_state {
  std::string node;
  std::string region;
  /// Empty until a replica has met its primary.
  std::string cluster;
  node_role role = node_role::primary;
  sluice::storage_id storage;
  sluice::incarnation incarnation;
  sluice::term term;
  timeline_id timeline;
  /// The highest term that was granted, and to whom; {0, ""} for none.
  sluice::term granted_term;
  std::string granted_to;
  std::vector<timeline_entry> history;
  /// The declared voting members, sorted; empty for none.
  std::vector<std::string> members;
  std::uint64_t members_version = 0;
  /// Where this node's log began: 0 for the beginning of the history.
  lsn log_start;
  /// Not finished yet: an open goes on with it.
  std::optional<log_restart> restart;
  /// The last LSN of the log in `discarded/`; 0 for none there.
  lsn discarded_through;
  /// Not finished yet: an open goes on with it.
  std::optional<log_rewind> rewind = {};
  /// The default policy that was last set on the running node, as text; empty for none.
  std::string policy = {};
  /// The other nodes of the cluster as they were last told of: whom to ask once the primary
  /// is gone. Sorted by id.
  std::vector<known_node> nodes = {};
  /// It was a primary and is a replica since another one has a higher term.
  bool is_deposed = false;
  /// The embedder's state holds what was cut off the log: only a snapshot helps it.
  bool wants_snapshot = false;
  /// The newest term whose primary's whole history, as it was when the term began, has been durable
  /// here; 0: none has, and the node votes for nobody. Stored before anything is acknowledged
  /// that lies past it.
  sluice::term history_term = {};
  friend bool operator==(const node_state&, const node_state&) = default;
};

/// The files of the two copies, in the order in which they are written.
inline constexpr std::array node_state_names{"node_state.a", "node_state.b"};

/// The state as `node_state_store::load` gives it, but nothing is mended: the directory
/// stays as it is, and may be another process's.
/// @param warning is set when one copy is damaged, older or missing
caf::expected<std::optional<node_state>>
read_node_state(vfs& disk, const std::filesystem::path& directory, std::string& warning);

/// Loads and stores the two copies. Blocks on the disk.
class node_state_store {
public:
  node_state_store(vfs& disk, std::filesystem::path directory);

  /// The state; none when neither copy exists.
  /// @param warning is set when one copy was damaged or older and was mended
  /// @returns `errc::corruption` when both are damaged, `unknown_version`, `io_error`
  caf::expected<std::optional<node_state>> load(std::string& warning);

  /// Durable in both copies when it returns no error. Refuses (`invalid_argument`) to go
  /// back in term, granted term, incarnation or members version. Works on a full volume.
  caf::error store(const node_state& state);

private:
  vfs& disk_;
  std::filesystem::path directory_;
  copy_writer copies_;
  std::uint64_t generation_ = 0;
  std::optional<node_state> last_stored_;
};

} // namespace sluice::persistence
