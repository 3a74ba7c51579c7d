#include "replication/apply_rule.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

constexpr term unknown_term{0};

} // namespace

lsn apply_through(lsn flushed, lsn commit, commit_knowledge rule) {
  return rule == commit_knowledge::bound_by_commit ? std::min(flushed, commit) : flushed;
}

apply_verdict judge_apply(lsn applied, lsn first, lsn last) {
  if (last <= applied)
    return already_applied{};
  if (first > next(applied))
    return apply_gap{next(applied)};
  return apply_records{applied, last};
}

state_verdict judge_state(lsn applied, lsn oldest, lsn durable) {
  if (applied > durable)
    return state_verdict::past_log;
  return next(applied) < oldest ? state_verdict::behind_log : state_verdict::fits;
}

batch_verdict judge_batch(const log_tail& tail, const incoming_batch& batch, sluice::term current) {
  if (batch.last < tail.last)
    return batch_verdict::older;
  if (batch.first > next(tail.last))
    return batch_verdict::gap;
  if (batch.first == next(tail.last)) {
    // A mark that came before ends where the log ends.
    if (batch.last == tail.last && batch.tail_digest == tail.digest)
      return batch_verdict::duplicate;
    // Term 0, unknown, only stands in what was imported, behind any term.
    if (batch.term < tail.term && batch.term != unknown_term)
      return batch_verdict::older_term;
    if (batch.term > current)
      return batch_verdict::newer_term;
    return batch.previous_digest == tail.digest ? batch_verdict::append : batch_verdict::diverged;
  }
  auto same = batch.last == tail.last && batch.tail_digest == tail.digest;
  return same ? batch_verdict::duplicate : batch_verdict::diverged;
}

} // namespace sluice::replication
