#include "replication/commit_tracker.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::replication {

namespace {

void sort_by_lsn(satisfied_commits& commits) {
  std::sort(commits.begin(), commits.end(), [](const auto& a, const auto& b) {
    return std::pair{a.records.last, a.id} < std::pair{b.records.last, b.id};
  });
}

} // namespace

commit_tracker::commit_tracker(members declared, std::string self)
    : ranks_(std::move(declared), std::move(self)) {}

satisfied_commits commit_tracker::add(commit_ticket ticket) {
  if (tickets_.contains(ticket.id))
    throw std::logic_error("commit_tracker: ticket " + to_string(ticket.id) + " waits already");
  if (ranks_.watermark(ticket.policy) >= ticket.records.last)
    return {{ticket.id, ticket.records}};
  line_of(ticket.policy).emplace(ticket.records.last, ticket.id);
  deadlines_.emplace(ticket.deadline, ticket.id);
  tickets_.emplace(ticket.id,
                   waiting_ticket{std::move(ticket.policy), ticket.records, ticket.deadline});
  return {};
}

satisfied_commits commit_tracker::vote(std::string_view id, lsn durable) {
  satisfied_commits answered;
  auto moved = ranks_.raise(id, durable);
  if (!moved.counted)
    return answered;
  note_reached();
  answer_moved(moved, answered);
  sort_by_lsn(answered);
  return answered;
}

satisfied_commits commit_tracker::set_voter(const voter& x) {
  ranks_.set(x);
  return answer_all();
}

void commit_tracker::remove_voter(std::string_view id) {
  ranks_.remove(id);
}

satisfied_commits commit_tracker::set_members(members declared) {
  ranks_.set_members(std::move(declared));
  return answer_all();
}

satisfied_commits commit_tracker::set_primary_durable(lsn durable) {
  ranks_.set_primary_durable(durable);
  return answer_all();
}

std::vector<expired_commit> commit_tracker::expire(monotonic_ns now) {
  std::vector<expired_commit> expired;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    auto id = deadlines_.begin()->second;
    const auto& ticket = tickets_.at(id);
    auto policy = ticket.policy;
    auto votes = ranks_.missing_for(policy, ticket.records.last);
    expired.push_back(
        {id, {ticket.records, votes.durable, votes.required, std::move(votes.missing)}});
    line_of(policy).erase({ticket.records.last, id});
    drop_line_if_empty(policy);
    forget(id);
  }
  return expired;
}

satisfied_commits commit_tracker::release_all() {
  satisfied_commits released;
  released.reserve(tickets_.size());
  for (const auto& [id, ticket] : tickets_)
    released.push_back({id, ticket.records});
  sort_by_lsn(released);
  tickets_.clear();
  deadlines_.clear();
  local_.clear();
  quorum_.clear();
  ack_n_.clear();
  regions_.clear();
  return released;
}

void commit_tracker::set_default_policy(commit_policy policy) {
  default_policy_ = std::move(policy);
  note_reached();
}

monotonic_ns commit_tracker::next_deadline() const {
  return deadlines_.empty() ? end_of_time : deadlines_.begin()->first;
}

commit_tracker::waiting_line& commit_tracker::line_of(const commit_policy& policy) {
  if (const auto* ack_n = std::get_if<policy_ack_n>(&policy))
    return ack_n_[ack_n->count];
  if (const auto* regions = std::get_if<policy_regions>(&policy))
    return regions_[regions->names];
  return std::holds_alternative<policy_quorum>(policy) ? quorum_ : local_;
}

void commit_tracker::drop_line_if_empty(const commit_policy& policy) {
  if (!line_of(policy).empty())
    return;
  if (const auto* ack_n = std::get_if<policy_ack_n>(&policy))
    ack_n_.erase(ack_n->count);
  if (const auto* regions = std::get_if<policy_regions>(&policy))
    regions_.erase(regions->names);
}

void commit_tracker::answer(const commit_policy& policy, waiting_line& line,
                            satisfied_commits& answered) {
  if (line.empty())
    return;
  auto reached = ranks_.watermark(policy);
  while (!line.empty() && line.begin()->first <= reached) {
    auto id = line.begin()->second;
    answered.push_back({id, tickets_.at(id).records});
    line.erase(line.begin());
    forget(id);
  }
}

void commit_tracker::answer_moved(const voter_ranks::move& moved, satisfied_commits& answered) {
  for (auto i = ack_n_.lower_bound(static_cast<std::uint32_t>(moved.first_rank));
       i != ack_n_.end() && i->first <= moved.last_rank;) {
    answer(policy_ack_n{i->first}, i->second, answered);
    i = i->second.empty() ? ack_n_.erase(i) : std::next(i);
  }
  if (moved.member)
    answer(policy_quorum{}, quorum_, answered);
  for (auto i = regions_.begin(); i != regions_.end();) {
    if (i->first.contains(std::string{moved.region}))
      answer(policy_regions{i->first}, i->second, answered);
    i = i->second.empty() ? regions_.erase(i) : std::next(i);
  }
}

satisfied_commits commit_tracker::answer_all() {
  satisfied_commits answered;
  note_reached();
  answer(policy_local{}, local_, answered);
  answer(policy_quorum{}, quorum_, answered);
  for (auto& [count, line] : ack_n_)
    answer(policy_ack_n{count}, line, answered);
  for (auto& [names, line] : regions_)
    answer(policy_regions{names}, line, answered);
  std::erase_if(ack_n_, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(regions_, [](const auto& entry) { return entry.second.empty(); });
  sort_by_lsn(answered);
  return answered;
}

void commit_tracker::forget(ticket_id id) {
  auto ticket = tickets_.find(id);
  deadlines_.erase({ticket->second.deadline, id});
  tickets_.erase(ticket);
}

void commit_tracker::note_reached() {
  reached_ = std::max(reached_, ranks_.watermark(default_policy_));
}

} // namespace sluice::replication
