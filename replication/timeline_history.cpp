#include "replication/timeline_history.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

rejoin_rejected needs_snapshot(const std::string& why) {
  return {resume_refusal::needs_snapshot, why};
}

/// It holds records past the fork, which are nobody else's.
rejoin_plan cut_tail(const rejoin_facts& facts, const fork_point& fork) {
  if (facts.content == replica_content::applied_state && facts.applied > fork.through)
    return needs_snapshot("it applied LSN " + to_string(facts.applied)
                          + ", the histories part after LSN " + to_string(fork.through));
  return rewind_to{fork.through, fork.at};
}

rejoin_plan go_on(const rejoin_facts& facts) {
  if (next(facts.flushed) >= facts.oldest)
    return follow_timeline{facts.flushed};
  if (facts.content == replica_content::applied_state)
    return needs_snapshot("it needs LSN " + to_string(next(facts.flushed))
                          + ", the primary keeps from LSN " + to_string(facts.oldest));
  return rebootstrap_rejoin{};
}

} // namespace

const char* why_unsound(const std::vector<timeline_fork>& history) {
  if (history.empty())
    return "there is no timeline";
  if (history.front().parent != timeline_id{})
    return "the first timeline has a parent";
  for (auto entry = std::next(history.begin()); entry != history.end(); ++entry) {
    if (entry->id <= std::prev(entry)->id)
      return "timeline ids do not grow";
    auto parent = std::find_if(history.begin(), entry,
                               [&](const timeline_fork& x) { return x.id == entry->parent; });
    if (parent == entry)
      return "a timeline's parent is not before it";
    if (entry->fork < parent->fork)
      return "a timeline left its parent before that had begun";
  }
  return nullptr;
}

rejoin_plan plan_rejoin(const rejoin_facts& facts) {
  if (!facts.history.empty() && facts.history.back().id == facts.timeline)
    return already_current{};
  auto fork = fork_of(facts.history, facts.timeline);
  if (!fork)
    return rejoin_rejected{resume_refusal::diverged, "the primary's history never was on timeline "
                                                         + to_string(facts.timeline)};
  return facts.flushed > fork->through ? cut_tail(facts, *fork) : go_on(facts);
}

} // namespace sluice::replication
