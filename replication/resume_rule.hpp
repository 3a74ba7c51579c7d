#pragma once

#include <sluice/types.hpp>

#include <cstdint>
#include <string>
#include <variant>

namespace sluice::replication {

/// The digest at the replica's flushed LSN is the primary's there.
struct history_matches {
  friend bool operator==(const history_matches&, const history_matches&) = default;
};

/// It is another; through `agreed_through` the histories are known to be the same.
struct history_differs {
  lsn agreed_through;
  friend bool operator==(const history_differs&, const history_differs&) = default;
};

/// The primary has no batch that ends there.
struct position_unknown {
  lsn agreed_through;
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

struct resume_facts {
  /// The replica's own; a slot never stands in for it.
  lsn replica_flushed;
  timeline_id replica_timeline;
  history_match match;
  lsn primary_oldest;
  lsn primary_durable;
  timeline_id primary_timeline;
};

struct stream_from {
  lsn after;
  friend bool operator==(const stream_from&, const stream_from&) = default;
};

enum class resume_refusal : std::uint8_t {
  /// Its history left the primary's; `agreed_through` says where at the earliest.
  diverged,
  /// On the primary's own timeline it has more: the primary has lost records.
  ahead_of_primary,
  /// What it needs next is pruned: it has to start from a snapshot or from nothing.
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

using resume_plan = std::variant<stream_from, resume_rejected>;

/// From where a replica streams. Never past a record that it doesn't have.
resume_plan plan_resume(const resume_facts& facts);

} // namespace sluice::replication
