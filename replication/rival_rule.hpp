#pragma once

#include "replication/timeline_entry.hpp"

#include <sluice/types.hpp>

#include <string>
#include <vector>

namespace sluice::replication {

/// What a node holds durable of the terms that it has granted and followed.
struct followed_terms {
  sluice::term granted_term;
  /// Empty for a term that it has only heard of.
  const std::string& granted_to;
  sluice::term term;
  /// Its own, oldest first.
  const std::vector<timeline_entry>& history;
  bool has_members = false;
};

/// Who else is the primary of `term` by what a node holds: it has followed another node in the
/// term, or, without members, has granted it to another. Empty: nobody. Only where no majority saw
/// to it that the term had one candidate are there two; whoever follows one of them never follows
/// the other. With members a grant proves nothing: it may have gone to who lost (Raft, 5.2).
std::string rival_of(const std::string& primary, sluice::term term, const followed_terms& known);

/// What a primary learns from the topology that another node was told.
enum class rival_verdict {
  /// Nothing new.
  none,
  /// There is a higher term.
  deposed,
  /// Another primary of the same term: it has to end.
  outlasts,
  /// The same, and this one ends.
  yields,
};

struct serving_primary {
  const std::string& node;
  sluice::term term;
};

/// Of two primaries of one term the one whose name comes first stays: both decide alike, without
/// having met. Not where members are declared: there a majority confirms only one of them, and
/// the other one serves nothing.
rival_verdict judge_rival(const serving_primary& own, const serving_primary& seen,
                          bool has_members);

} // namespace sluice::replication
