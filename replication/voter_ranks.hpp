#pragma once

#include "replication/durable_ranks.hpp"
#include "replication/voter_set.hpp"

#include <map>
#include <string>
#include <string_view>

namespace sluice::replication {

/// The facts of a `voter_set`, indexed: answers what `watermark`, `can_succeed` and
/// `missing_for` answer, but in time that is logarithmic in the number of voters.
class voter_ranks {
public:
  voter_ranks(members declared, std::string self);

  /// Replaces everything that is known of the voter; its position may go back.
  void set(const voter& x);
  void remove(std::string_view id);
  void set_members(members declared);
  void set_primary_durable(lsn durable);
  /// A member counts for a quorum once it has the whole history with which the primary's term
  /// began: until then who has not might be elected without it (Raft, 5.4.2).
  void set_term_start(lsn fork) { term_start_ = fork; }

  /// Positions that a vote passed, for those who keep watermarks.
  struct move {
    bool counted = false;
    bool member = false;
    std::string_view region;
    /// `ack_n` policies whose N is in [first_rank, last_rank] may have moved.
    std::size_t first_rank = 0;
    std::size_t last_rank = 0;
  };

  /// Raises a known voter's position. The region is borrowed until the voter changes.
  move raise(std::string_view id, lsn durable);

  lsn watermark(const commit_policy& policy) const;
  feasibility can_succeed(const commit_policy& policy) const;
  vote_count missing_for(const commit_policy& policy, lsn through) const;

  lsn primary_durable() const { return primary_durable_; }
  std::size_t size() const { return voters_.size(); }

private:
  struct state {
    std::string region;
    lsn durable;
    bool valid = false;
  };

  struct watermark_of;
  struct feasibility_of;
  struct count_of;

  bool is_other_member(std::string_view id) const;
  std::size_t other_members_required() const;
  lsn member_durable(const std::string& name) const;
  lsn region_durable(const std::string& name) const;
  void count(const std::string& id, const state& x);
  void uncount(const std::string& id, const state& x);

  members declared_;
  std::string self_;
  lsn primary_durable_;
  lsn term_start_;
  std::map<std::string, state, std::less<>> voters_;
  durable_ranks all_;
  durable_ranks member_ranks_;
  /// A region stands here while it has a valid voter.
  std::map<std::string, durable_ranks, std::less<>> regions_;
};

} // namespace sluice::replication
