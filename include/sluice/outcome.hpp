#pragma once

#include <sluice/bookmark.hpp>
#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace sluice {

/// Where an append of one or more records stands.
struct lsn_range {
  lsn first;
  lsn last;
  friend bool operator==(const lsn_range&, const lsn_range&) = default;
};

/// The policy was met: every node that it counted has fdatasynced the records.
struct committed {
  lsn_range records;
  sluice::term term;
  timeline_id timeline;
  /// Read at it, any node gives these records and everything before them.
  sluice::bookmark bookmark() const { return {timeline, term, records.last}; }
  friend bool operator==(const committed&, const committed&) = default;
};

/// The deadline passed. The records are durable on the primary and may still commit.
struct commit_timeout {
  lsn_range records;
  /// Nodes that count for the policy and had them durable at the deadline.
  std::uint32_t durable = 0;
  std::uint32_t required = 0;
  /// Replicas or regions that the policy was still waiting for.
  std::vector<std::string> missing;
  friend bool operator==(const commit_timeout&, const commit_timeout&) = default;
};

/// The records may be in the log and may still commit; `records` is {0, 0} when it is
/// not known where. A retry under the same producer and sequence doubles nothing.
struct outcome_unknown {
  lsn_range records;
  std::string reason;
  friend bool operator==(const outcome_unknown&, const outcome_unknown&) = default;
};

/// Nothing was written. `code` says why: `insufficient_replicas`, `missing_regions`,
/// `below_floor`, `no_space`, `log_failed`, `too_large`, `overloaded`, `not_confirmed`...
struct append_failed {
  errc code = errc::ok;
  std::string reason;
  /// Only for `lsn_mismatch`: the LSN that the next append gets.
  lsn next_lsn;
  friend bool operator==(const append_failed&, const append_failed&) = default;
};

/// What became of one append. Every append is answered with exactly one of them.
using append_outcome = std::variant<committed, commit_timeout, outcome_unknown, append_failed>;

/// One line for a person.
std::string to_string(const append_outcome& outcome);

} // namespace sluice
