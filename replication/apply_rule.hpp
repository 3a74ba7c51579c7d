#pragma once

#include <sluice/types.hpp>

#include <cstdint>
#include <variant>

namespace sluice::replication {

enum class commit_knowledge : std::uint8_t {
  /// Members are declared: what has not committed may still be rewound.
  bound_by_commit,
  /// No members: a replica follows its primary wherever that goes.
  free_of_commit,
};

/// Through which LSN a replica may apply what it has flushed.
lsn apply_through(lsn flushed, lsn commit, commit_knowledge rule);

/// Apply the records in (after, through].
struct apply_records {
  lsn after;
  lsn through;
  friend bool operator==(const apply_records&, const apply_records&) = default;
};

/// Everything of it was applied before.
struct already_applied {
  friend bool operator==(const already_applied&, const already_applied&) = default;
};

/// Records between are missing.
struct apply_gap {
  lsn expected;
  friend bool operator==(const apply_gap&, const apply_gap&) = default;
};

using apply_verdict = std::variant<apply_records, already_applied, apply_gap>;

/// What to do with records [first, last] when everything through `applied` was applied.
apply_verdict judge_apply(lsn applied, lsn first, lsn last);

enum class state_verdict : std::uint8_t {
  /// The log holds the record that comes next, or nothing comes next yet.
  fits,
  /// Records that it needs are no longer kept.
  behind_log,
  /// It holds what the log never held: it is the state of another history.
  past_log,
};

/// Whether an embedder's state that was found beside a log is to be brought up from it.
/// @param oldest the first record that is kept; past `durable`, or {0}, for none
state_verdict judge_state(lsn applied, lsn oldest, lsn durable);

/// Where a replica's log ends.
struct log_tail {
  lsn last;
  sluice::digest digest;
  sluice::term term;
};

/// What a batch that arrives says of its place in the history.
struct incoming_batch {
  lsn first;
  lsn last;
  sluice::digest previous_digest;
  sluice::digest tail_digest;
  sluice::term term;
};

enum class batch_verdict : std::uint8_t {
  /// It continues the log: write it.
  append,
  /// It ends at the log's end and is the same: ack again.
  duplicate,
  /// It lies wholly below the log's end: ack again; its place was proved when it came first.
  older,
  /// Records between are missing.
  gap,
  /// Same place, other bytes, or bytes that don't chain: another history.
  diverged,
  /// Of an older term than the log's end: a deposed primary wrote it.
  older_term,
  /// Of a newer term than the one that is followed: its primary was not heard yet.
  newer_term,
};

/// Whether a replica may write a batch at the end of its log. `current` is the term it
/// follows. An empty batch (a mark) has first = next(last).
batch_verdict judge_batch(const log_tail& tail, const incoming_batch& batch, sluice::term current);

} // namespace sluice::replication
