#pragma once

#include <caf/error.hpp>

#include <cstdint>
#include <string>

namespace sluice {

/// Why an operation failed. Every value has one meaning for a caller; the context of
/// the error says where and with what.
enum class errc : std::uint8_t {
  ok = 0,
  /// An argument or option is outside its range.
  invalid_argument,
  /// The operating system refused a file operation.
  io_error,
  /// No room on the volume; appends go on once there is room again.
  no_space,
  /// Bytes that were acknowledged, or are needed to prove the rest, are damaged.
  corruption,
  /// The bytes were written by a newer version of sluice.
  unknown_version,
  /// The directory belongs to another cluster.
  wrong_cluster,
  /// The directory's role is not the one that was asked for.
  wrong_role,
  /// Another process has the directory open.
  locked,
  /// The log latched after a failed write or sync; nothing is acknowledged until it is
  /// opened again.
  log_failed,
  /// A record or an append is larger than the limits allow.
  too_large,
  /// More records in one append than the limits allow.
  batch_too_large,
  /// A queue with a named bound is full; try again later.
  overloaded,
  /// The append's policy does not imply the node's default policy.
  below_floor,
  /// Fewer replicas are registered than the policy needs.
  insufficient_replicas,
  /// A region that the policy names has no registered replica.
  missing_regions,
  /// The policy needs declared members, or something else that the node lacks.
  unsupported,
  /// The deadline passed before the policy was met.
  commit_timeout,
  /// The records may or may not be in the log and may still commit.
  outcome_unknown,
  /// `expected_lsn` is not the next LSN, and other bytes stand there.
  lsn_mismatch,
  /// The producer's sequence is older than what the node remembers of that producer.
  sequence_too_old,
  /// This node is not the primary.
  not_primary,
  /// A majority of the members has not yet confirmed this primary's term.
  not_confirmed,
  /// A newer term exists.
  fenced,
  /// The histories differ.
  diverged,
  /// Another live node has this name.
  duplicate_identity,
  /// The peer speaks a newer protocol.
  newer_protocol,
  /// A message could not be understood.
  malformed,
  /// The position is below the oldest LSN that is still kept.
  pruned,
  /// The node cannot be reached.
  unreachable,
  /// The node is closing, or has closed.
  closed,
  /// The actor system was not prepared by `sluice::configure`.
  bad_actor_system,
  /// The deadline of the request passed.
  timed_out,
  /// Other records were appended under this producer and sequence.
  sequence_mismatch,
  /// What was to be created is there already.
  already_exists,
  /// What the request names is not there.
  not_found,
  /// The replica's slot was given up: the log it needs is no longer kept for it.
  slot_invalidated,
  /// Somebody uses what the request would take away.
  in_use,
  /// Another node holds records that the candidate lacks, or the candidate lacks what was
  /// asked of it.
  behind_watermark,
  /// Fewer than a majority of the members answered.
  no_majority,
};

/// The name of `code` as it stands in messages, logs and scripts: `no_space`.
std::string to_string(errc code);

/// The error category of sluice inside CAF.
inline constexpr caf::atom_value error_category = caf::atom("sluice");

/// An error of sluice's category. The context says what was being done, to what, and
/// where it helps, what to do next.
caf::error make_error(errc code, std::string context = {});

/// The code of `err`; `errc::ok` when it holds none or is of another category.
errc code_of(const caf::error& err);

/// The context alone, for where the code is told beside it; the name of the code when there
/// is none.
std::string context_of(const caf::error& err);

/// `no_space: roll: 0000000000000042-0003.seg: No space left on device`; errors of other
/// categories are rendered as CAF does.
std::string describe(const caf::error& err);

} // namespace sluice
