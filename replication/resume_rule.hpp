#pragma once

#include "replication/ancestry.hpp"
#include "replication/slot.hpp"

#include <sluice/types.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace sluice::replication {

/// The digest at the replica's flushed LSN is the primary's there.
struct history_matches {
  friend bool operator==(const history_matches&, const history_matches&) = default;
};

/// It is another; through `agreed_through` the histories are known to be the same.
struct history_differs {
  lsn agreed_through;
  /// The first of the points that is another; between, none was compared.
  lsn parted_at = {};
  friend bool operator==(const history_differs&, const history_differs&) = default;
};

/// The primary has no batch that ends there.
struct position_unknown {
  lsn agreed_through;
  /// The first of the points that it has not.
  lsn parted_at = {};
  friend bool operator==(const position_unknown&, const position_unknown&) = default;
};

/// The primary no longer keeps what would prove it.
struct position_pruned {
  friend bool operator==(const position_pruned&, const position_pruned&) = default;
};

/// Whether the replica's history is a prefix of the primary's. Nothing is asked of an
/// empty replica.
using history_match =
    std::variant<history_matches, history_differs, position_unknown, position_pruned>;

/// What stands or falls with the replica's log.
enum class replica_content : std::uint8_t {
  /// The embedder's state was built from it, and a log that begins later would leave a gap
  /// in that.
  applied_state,
  /// The same, and it can be replaced by a snapshot of another node's.
  replaceable_state,
  /// Nothing: it may begin anew (decision 12).
  log_only,
};

struct resume_facts {
  /// The replica's own; a slot never stands in for it.
  lsn replica_flushed;
  timeline_id replica_timeline;
  history_match match;
  lsn primary_oldest;
  lsn primary_durable;
  timeline_id primary_timeline;
  replica_content content = replica_content::applied_state;
  /// The slot under the replica's name, or null. It gives the cause of a rebootstrap and
  /// moves nobody.
  const slot* claim = nullptr;
  /// The primary's timelines, oldest first; empty: not known, digests alone decide.
  std::vector<timeline_fork> timelines = {};
  /// The replica's state is of another history than its log, which was cut: no log helps.
  bool wants_snapshot = false;
  /// Of the history through the LSN that `match` says both agree on.
  digest agreed_digest = {};
};

struct stream_from {
  lsn after;
  friend bool operator==(const stream_from&, const stream_from&) = default;
};

/// It throws its log away and begins at `start`, the first LSN that is still kept.
struct rebootstrap_from {
  lsn start;
  /// Its slot's, if that was invalidated, else `wal_removed`.
  invalidation_cause cause = invalidation_cause::wal_removed;
  friend bool operator==(const rebootstrap_from&, const rebootstrap_from&) = default;
};

/// No log takes its state on: it is to get a snapshot, then to say hello again.
struct snapshot_from {
  /// A state of an earlier LSN is of no use: the log behind it is gone, or the replica has more.
  lsn at_least;
  /// Its slot's, if that was invalidated, else `wal_removed`; or `diverged`.
  std::string cause;
  friend bool operator==(const snapshot_from&, const snapshot_from&) = default;
};

/// The primary's history is another behind `through`, since it left the replica's timeline there
/// or, where a later term passed over that timeline, as the digests say. The replica has records
/// of its own behind that: it puts them aside, cuts its log there and says hello again.
struct rewind_to {
  lsn through;
  /// Of the history through it: the replica's own must be the same there.
  digest at;
  /// The histories part behind `through`, at this LSN at the latest; 0: right behind it.
  lsn parted_at = {};
  friend bool operator==(const rewind_to&, const rewind_to&) = default;
};

enum class resume_refusal : std::uint8_t {
  /// Its history left the primary's, and no timeline tells where; `agreed_through` says where at
  /// the earliest.
  diverged,
  /// On the primary's own timeline it has more: the primary has lost records.
  ahead_of_primary,
  /// What it needs next is pruned, its state cannot do without, and cannot be replaced.
  needs_snapshot,
};

/// `needs_snapshot`
std::string to_string(resume_refusal reason);

struct resume_rejected {
  resume_refusal reason = resume_refusal::diverged;
  /// Only for `diverged`.
  lsn agreed_through;
  std::string text;
  friend bool operator==(const resume_rejected&, const resume_rejected&) = default;
};

using resume_plan =
    std::variant<stream_from, rebootstrap_from, rewind_to, snapshot_from, resume_rejected>;

/// How a replica goes on. It streams when everything after its own position is kept and its
/// history is proven to be the primary's, whatever became of its slot; never past a record
/// that it doesn't have. It begins anew only when what it needs is gone,
/// never when it is ahead or has diverged. It is rewound when the timelines tell what it shares
/// with the primary, and it has more; and when it followed a term that this primary's later one
/// never was part of: to the last position at which the digests are the same, of those that were
/// compared. It gets a snapshot
/// where it would begin anew but for its state, or when it says itself that it needs one.
resume_plan plan_resume(const resume_facts& facts);

/// What would become of a replica that came back with what it was last known to have; its
/// history is taken for the primary's.
resume_plan plan_if_unchanged(resume_facts facts);

/// Whether a directory under the slot's name holds less than the slot was told is durable.
bool has_lost_records(const slot* claim, lsn replica_flushed);

/// For status: `stream from 43`, `rebootstrap from 100: horizon`, `rewind to 42`,
/// `snapshot at least 99: horizon`, `reject: diverged`.
std::string to_string(const resume_plan& plan);

} // namespace sluice::replication
