#pragma once

#include "replication/ancestry.hpp"
#include "replication/resume_rule.hpp"

#include <sluice/types.hpp>

#include <string>
#include <variant>
#include <vector>

namespace sluice::replication {

/// Why no node may have this history of timelines; null when it may. It is sound when it has an
/// entry, the first has no parent, ids grow, each later one has a parent before it, and along a
/// line of descent forks never go back.
/// @param history oldest first, as node_state keeps it
const char* why_unsound(const std::vector<timeline_fork>& history);

/// A node that comes back after promotions that it was not part of, and the history of the
/// primary which it finds.
struct rejoin_facts {
  const std::vector<timeline_fork>& history;
  timeline_id timeline;
  lsn flushed;
  /// What state was built from; of no meaning for a log alone.
  lsn applied;
  replica_content content = replica_content::applied_state;
  /// The first LSN that the primary keeps.
  lsn oldest;
};

/// It is on the primary's timeline: nothing parts them that a timeline tells of.
struct already_current {
  friend bool operator==(const already_current&, const already_current&) = default;
};

/// All that it has is before the fork.
struct follow_timeline {
  lsn after;
  friend bool operator==(const follow_timeline&, const follow_timeline&) = default;
};

/// What it needs is pruned: see `rebootstrap_from`.
struct rebootstrap_rejoin {
  invalidation_cause cause = invalidation_cause::wal_removed;
  friend bool operator==(const rebootstrap_rejoin&, const rebootstrap_rejoin&) = default;
};

struct rejoin_rejected {
  resume_refusal reason = resume_refusal::diverged;
  std::string text;
  friend bool operator==(const rejoin_rejected&, const rejoin_rejected&) = default;
};

using rejoin_plan =
    std::variant<already_current, follow_timeline, rewind_to, rebootstrap_rejoin, rejoin_rejected>;

/// How a node rejoins by what the timelines say. That its history is the primary's as far as
/// the plan takes it to be is proven by digests, which this does not see.
rejoin_plan plan_rejoin(const rejoin_facts& facts);

} // namespace sluice::replication
