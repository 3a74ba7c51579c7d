#pragma once

#include "replication/members.hpp"

#include <sluice/types.hpp>

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace sluice::replication {

/// Where a history ends: of two, the one that has taken over the history of a later term's primary
/// is ahead, and of one term the longer. The last record's own term would not do: one that an
/// earlier primary wrote may be acknowledged by a later one, and stands behind what a third
/// wrote between and nobody else has (Raft, 5.4.2 and figure 8).
struct history_end {
  /// The newest term whose primary's whole history, as it was when the term began, is here; for
  /// its primary the term itself. Raft gets the same by a record that begins each term.
  sluice::term last_term;
  lsn flushed;
  friend auto operator<=>(const history_end&, const history_end&) = default;
};

/// What a member answers to a primary that starts.
struct member_report {
  std::string id;
  sluice::term term;
  history_end end;
  /// What it has is a prefix of the primary's history.
  bool history_matches = false;
};

/// The primary that starts.
struct starting_primary {
  std::string self;
  sluice::term term;
  history_end end;
};

struct confirmed {
  friend bool operator==(const confirmed&, const confirmed&) = default;
};

struct confirmation_waiting {
  std::size_t have = 0;
  std::size_t need = 0;
  /// Members that have not confirmed.
  std::vector<std::string> missing;
  friend bool operator==(const confirmation_waiting&, const confirmation_waiting&) = default;
};

/// A member knows a higher term.
struct confirmation_fenced {
  std::string by;
  sluice::term term;
  friend bool operator==(const confirmation_fenced&, const confirmation_fenced&) = default;
};

/// A member has what the primary lacks.
struct confirmation_behind {
  std::string by;
  history_end end;
  friend bool operator==(const confirmation_behind&, const confirmation_behind&) = default;
};

using confirmation =
    std::variant<confirmed, confirmation_waiting, confirmation_fenced, confirmation_behind>;

/// Whether a starting primary may serve: a majority of the members, itself one of them,
/// knows no higher term, and none that answered is ahead of it. Without members it may.
/// A member whose log is empty confirms only a primary whose log is empty, too, unless all
/// members have answered.
/// Reports of others than members count for nothing; of several by one member, the last.
confirmation judge_confirmation(const members& declared, const starting_primary& primary,
                                const std::vector<member_report>& reports);

} // namespace sluice::replication
