#pragma once

#include "replication/members.hpp"

#include <sluice/commit_policy.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace sluice::replication {

/// What counts of one registered replica. `valid`: its slot is valid and it may vote.
struct voter {
  std::string id;
  std::string region;
  lsn durable;
  bool valid = true;
  friend bool operator==(const voter&, const voter&) = default;
};

/// The registered replicas, one entry for each id, and who else matters. `self` is the
/// primary's name; it never stands among the voters.
struct voter_set {
  std::vector<voter> voters;
  lsn primary_durable;
  members declared;
  std::string self;
};

/// Names that a commit_timeout carries at most.
inline constexpr std::size_t missing_names_max = 16;

/// How many counted things (see `vote_count`) the policy asks for.
std::uint32_t required_nodes(const commit_policy& policy, const members& declared);

/// The highest LSN for which the policy holds now, never above the primary's own durable
/// LSN; 0 when it cannot be met.
lsn watermark(const commit_policy& policy, const voter_set& set);

/// The voters at hand can meet the policy once they have the records.
struct possible {
  friend bool operator==(const possible&, const possible&) = default;
};

struct insufficient_replicas {
  std::uint32_t required = 0;
  std::uint32_t registered = 0;
  friend bool operator==(const insufficient_replicas&, const insufficient_replicas&) = default;
};

struct missing_regions {
  std::vector<std::string> names;
  friend bool operator==(const missing_regions&, const missing_regions&) = default;
};

struct unsupported_policy {
  std::string why;
  friend bool operator==(const unsupported_policy&, const unsupported_policy&) = default;
};

using feasibility =
    std::variant<possible, insufficient_replicas, missing_regions, unsupported_policy>;

/// Whether waiting for the policy makes sense: asked before anything is written. `quorum`
/// is possible whenever members are declared, for they may join at any moment.
feasibility can_succeed(const commit_policy& policy, const voter_set& set);

/// Where a commit stands. Counted are replicas for `ack_n`, members with the primary for
/// `quorum`, regions for `regions`, the primary for `local`. `missing` names valid
/// replicas, members or regions, furthest behind first, `missing_names_max` at most.
struct vote_count {
  std::uint32_t durable = 0;
  std::uint32_t required = 0;
  std::vector<std::string> missing;
  friend bool operator==(const vote_count&, const vote_count&) = default;
};

vote_count missing_for(const commit_policy& policy, lsn through, const voter_set& set);

} // namespace sluice::replication
