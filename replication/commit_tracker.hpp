#pragma once

#include "replication/monotonic_time.hpp"
#include "replication/voter_ranks.hpp"

#include <sluice/outcome.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

namespace sluice::replication {

/// Names one waiting commit; given by whoever owns the promise behind it.
using ticket_id = strong_u64<struct ticket_tag>;

/// A commit that is durable on the primary, or will be, and waits for its policy.
struct commit_ticket {
  ticket_id id;
  lsn_range records;
  commit_policy policy;
  monotonic_ns deadline;
};

/// A commit whose policy has been met.
struct satisfied_commit {
  ticket_id id;
  lsn_range records;
  friend bool operator==(const satisfied_commit&, const satisfied_commit&) = default;
};

/// A commit whose deadline passed before its policy was met.
struct expired_commit {
  ticket_id id;
  commit_timeout outcome;
  friend bool operator==(const expired_commit&, const expired_commit&) = default;
};

/// Answers in LSN order; each ticket stands in exactly one answer of a tracker.
using satisfied_commits = std::vector<satisfied_commit>;

/// Which commits are done, and when the others are hopeless. Owned by the commit
/// coordinator. Promises: one answer for each ticket; a vote looks only at the commits
/// that it satisfies and costs logarithmic time besides; what was answered is never
/// taken back. Knows voters, not replicas: whether an ack counts was judged before.
class commit_tracker {
public:
  commit_tracker(members declared, std::string self);

  commit_tracker(const commit_tracker&) = delete;
  commit_tracker& operator=(const commit_tracker&) = delete;

  /// Takes a ticket. One whose policy is met already is answered at once.
  /// @throws std::logic_error when a ticket of this id waits already
  [[nodiscard]] satisfied_commits add(commit_ticket ticket);

  /// A voter has made everything through `durable` durable. Lower than before, or from an
  /// id that is not a voter: nothing happens.
  [[nodiscard]] satisfied_commits vote(std::string_view id, lsn durable);

  /// A voter joined, changed its region or validity, or starts over at `x.durable`.
  [[nodiscard]] satisfied_commits set_voter(const voter& x);

  /// A voter stops counting. Its commits wait on; nobody is answered by that.
  void remove_voter(std::string_view id);

  /// Members change one at a time.
  [[nodiscard]] satisfied_commits set_members(members declared);

  /// Never goes back.
  [[nodiscard]] satisfied_commits set_primary_durable(lsn durable);

  /// Where the history ended when the primary's term began; set before any position.
  void set_term_start(lsn fork) { ranks_.set_term_start(fork); }

  /// Ends the wait of every commit whose deadline is `now` or before, oldest deadline first.
  [[nodiscard]] std::vector<expired_commit> expire(monotonic_ns now);

  /// Ends every wait, in LSN order: the node failed, was deposed, or closes.
  [[nodiscard]] satisfied_commits release_all();

  /// Whether a commit under `policy` can be met by the voters at hand.
  feasibility can_succeed(const commit_policy& policy) const { return ranks_.can_succeed(policy); }

  /// Where a policy stands now. Goes back when a voter leaves or starts over.
  lsn current_watermark(const commit_policy& policy) const { return ranks_.watermark(policy); }

  /// The policy whose watermark is told to others, the node's default. Changing it does
  /// not lower the watermark, so the first one is set before any position: until then it
  /// is `local`, which reaches whatever the primary has durable.
  void set_default_policy(commit_policy policy);

  /// The furthest that the default policies have been met: never goes back.
  lsn commit_watermark() const { return reached_; }

  /// The earliest deadline; the end of time when nothing waits.
  monotonic_ns next_deadline() const;

  std::size_t waiting() const { return tickets_.size(); }

private:
  struct waiting_ticket {
    commit_policy policy;
    lsn_range records;
    monotonic_ns deadline;
  };

  /// Tickets of one policy, by the last LSN they wait for.
  using waiting_line = std::set<std::pair<lsn, ticket_id>>;

  waiting_line& line_of(const commit_policy& policy);
  void drop_line_if_empty(const commit_policy& policy);
  void answer(const commit_policy& policy, waiting_line& line, satisfied_commits& answered);
  void answer_moved(const voter_ranks::move& moved, satisfied_commits& answered);
  satisfied_commits answer_all();
  void forget(ticket_id id);
  void note_reached();

  voter_ranks ranks_;
  commit_policy default_policy_ = policy_local{};
  lsn reached_;
  std::unordered_map<ticket_id, waiting_ticket> tickets_;
  std::set<std::pair<monotonic_ns, ticket_id>> deadlines_;
  waiting_line local_;
  waiting_line quorum_;
  std::map<std::uint32_t, waiting_line> ack_n_;
  std::map<std::set<std::string>, waiting_line> regions_;
};

} // namespace sluice::replication
