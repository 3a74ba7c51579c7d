#include "persistence/diverged_tails.hpp"
#include "persistence/node_state.hpp"
#include "test/simulation/promotion_run.hpp"

#include <algorithm>
#include <set>

// What a promotion_run holds against what was promised.
namespace sluice::test {

namespace {

using std::chrono::seconds;

constexpr seconds at_rest_within{120};
/// Somebody promotes a node when nobody serves for so long.
constexpr seconds operator_waits{20};

/// Where two logs differ before a record of the same term; 0 where they do not.
lsn first_contradiction(const std::vector<record>& one, const std::vector<record>& other) {
  if (one.empty() || other.empty())
    return no_lsn;
  auto begin = std::max(one.front().lsn, other.front().lsn);
  auto at = [](const std::vector<record>& log, lsn where) -> const record& {
    return log[where.value - log.front().lsn.value];
  };
  auto shared = std::min(one.back().lsn, other.back().lsn);
  while (shared >= begin && at(one, shared).term != at(other, shared).term)
    shared = previous(shared);
  for (auto where = begin; where <= shared; where = next(where))
    if (at(one, where) != at(other, where))
      return where;
  return no_lsn;
}

} // namespace

void promotion_run::report(const std::string& what) {
  if (report_.broken.empty())
    report_.broken = what;
}

void promotion_run::check_round() {
  check_commits();
  check_terms();
  // What differs stays so, and reading all logs takes the most time of all.
  if (++checks_ % 4 == 0)
    check_logs_match();
}

// -- P6 --------------------------------------------------------------------------------------

void promotion_run::check_commits() {
  for (auto& x : submissions_) {
    if (x.answered->times > 1)
      report("append '" + x.text.substr(0, 20) + "' was answered twice");
    if (x.is_counted || x.answered->times == 0)
      continue;
    x.is_counted = true;
    if (const auto* what = x.answered->as_committed())
      count(x, *what);
  }
}

void promotion_run::count(submission& x, const committed& what) {
  ++report_.committed;
  auto [committer, is_first] = committer_of_.emplace(what.term, x.slot);
  if (!is_first && committer->second != x.slot)
    report("nodes " + std::to_string(committer->second) + " and " + std::to_string(x.slot)
           + " both committed in term " + to_string(what.term));
  if (!x.is_under_quorum) {
    local_commits_.push_back({x.slot, what.records.first, x.text});
    return;
  }
  if (what.term < x.committing)
    report("'" + x.text.substr(0, 20) + "' was committed in term " + to_string(what.term)
           + " although it came after term " + to_string(x.committing) + " had begun to commit");
  committing_ = std::max(committing_, what.term);
  auto [known, is_new] = quorum_texts_.emplace(what.records.first, x.text);
  if (!is_new)
    report("LSN " + to_string(what.records.first) + " was committed twice under quorum");
}

/// I7: durable before first use, and never less again.
void promotion_run::check_terms() {
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    auto& used = used_[slot];
    if (auto seen = cluster_.candidacy(slot)) {
      used.own = std::max(used.own, seen->term);
      used.granted = std::max(used.granted, seen->granted_term);
    }
    used.granted = std::max(used.granted, cluster_.told_term(slot));
    std::string warning;
    auto state = persistence::read_node_state(cluster_.disk(slot), data_directory, warning);
    if (!state || !*state)
      continue;
    const auto& held = **state;
    if (held.term < used.own || std::max(held.term, held.granted_term) < used.granted)
      report("node " + std::to_string(slot) + " went by term " + to_string(used.own)
             + " and granted " + to_string(used.granted) + ", its directory says "
             + to_string(held.term) + " and " + to_string(held.granted_term));
  }
}

// -- P5 --------------------------------------------------------------------------------------

/// One term at one LSN: one primary wrote it, and it followed the same history.
void promotion_run::check_logs_match() {
  std::vector<std::vector<record>> logs;
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot)
    logs.push_back(kept_records_in(cluster_.disk(slot), data_directory));
  for (std::size_t one = 0; one < logs.size(); ++one)
    for (std::size_t other = 0; other < one; ++other)
      if (auto where = first_contradiction(logs[one], logs[other]); where != no_lsn)
        return report("nodes " + std::to_string(one) + " and " + std::to_string(other)
                      + " agree on a term behind LSN " + to_string(where) + " and differ there");
}

// -- the end ---------------------------------------------------------------------------------

std::string promotion_run::where_all_are() {
  std::string text;
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    auto seen = cluster_.status(slot);
    text += " n" + std::to_string(slot) + "=";
    text += !seen ? std::string{"silent"}
                  : seen->role + "," + seen->state + ",term " + to_string(seen->term) + ",durable "
                        + to_string(seen->durable) + "," + seen->failure;
  }
  return text;
}

/// One serves, all others follow it and hold what it holds.
bool promotion_run::is_at_rest() {
  std::size_t primaries = 0;
  std::set<lsn> ends;
  std::set<term> terms;
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    auto seen = cluster_.status(slot);
    if (!seen || seen->state != "serving" || !seen->failure.empty())
      return false;
    primaries += seen->role == "primary" ? 1 : 0;
    ends.insert(seen->durable);
    if (cluster_.has_states())
      ends.insert(cluster_.state(slot).through);
    terms.insert(seen->term);
  }
  return primaries == 1 && ends.size() == 1 && terms.size() == 1;
}

/// I15.
bool promotion_run::wait_for_rest() {
  seconds without{0};
  for (seconds waited{0}; waited < at_rest_within; ++waited) {
    cluster_.network().advance(seconds{1});
    change_roles(true);
    cluster_.tend();
    check_round();
    if (is_at_rest())
      return true;
    auto is_served = false;
    for (std::size_t slot = 0; slot < cluster_.size(); ++slot)
      if (auto seen = cluster_.status(slot); cluster_.is_primary(slot) && seen)
        is_served = is_served || seen->state == "serving";
    without = is_served ? seconds{0} : without + seconds{1};
    if (without > operator_waits && waited.count() % 5 == 0)
      promote(static_cast<std::size_t>(waited.count() / 5) % cluster_.size());
  }
  return false;
}

void promotion_run::check_end() {
  if (report_.broken.empty() && !wait_for_rest())
    report("not at rest after 120 s:" + where_all_are());
  if (!report_.broken.empty())
    return;
  // It also commits, and all get it.
  submit_some();
  cluster_.network().advance(seconds{10});
  check_round();
  // A promotion of before may have come to its end only now.
  if (!is_at_rest() && !wait_for_rest())
    report("no longer at rest:" + where_all_are());
  for (const auto& x : submissions_)
    if (x.answered->times != 1)
      report("append '" + x.text.substr(0, 20) + "' was answered "
             + std::to_string(x.answered->times) + " times");
  for (const auto& each : told_)
    report_.promotions += each->reply && each->reply->code == errc::ok ? 1 : 0;
  check_history();
}

/// What has been applied, where little log is kept.
std::vector<std::string> promotion_run::history_of(std::size_t slot) {
  if (cluster_.has_states())
    return cluster_.state(slot).records;
  std::vector<std::string> history;
  for (const auto& entry : kept_records_in(cluster_.disk(slot), data_directory))
    history.emplace_back(entry.bytes.view());
  return history;
}

void promotion_run::check_states(const std::vector<std::string>& history) {
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    const auto& state = cluster_.state(slot);
    report_.states_replaced += static_cast<std::uint64_t>(state.installed);
    if (state.records != history || state.through.value != history.size())
      report("node " + std::to_string(slot) + " has another state, of "
             + std::to_string(state.records.size()) + " records through LSN "
             + to_string(state.through));
  }
}

void promotion_run::check_history() {
  auto end = cluster_.status(0);
  if (!report_.broken.empty() || !end)
    return;
  auto history = history_of(0);
  if (history.size() != end->durable.value)
    report("the history has " + std::to_string(history.size()) + " of " + to_string(end->durable)
           + " records");
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    auto log = kept_records_in(cluster_.disk(slot), data_directory);
    if (!cluster_.has_states() && log.size() != history.size())
      report("the log of node " + std::to_string(slot) + " reads " + std::to_string(log.size())
             + " of " + std::to_string(history.size()) + " records");
    for (const auto& entry : log)
      if (entry.lsn.value > history.size() || history[entry.lsn.value - 1] != entry.bytes.view())
        report("node " + std::to_string(slot) + " holds another history at LSN "
               + to_string(entry.lsn));
  }
  if (cluster_.has_states())
    check_states(history);
  std::set<std::string_view> seen;
  for (const auto& text : history)
    if (!seen.insert(text).second)
      report("'" + text.substr(0, 20) + "' is repeated");
  for (const auto& [where, text] : quorum_texts_)
    if (where.value > history.size() || history[where.value - 1] != text)
      report("LSN " + to_string(where) + " was acknowledged under quorum and is lost");
  for (const auto& x : local_commits_)
    if (x.where.value > history.size() || history[x.where.value - 1] != x.text)
      check_kept(x);
}

/// What left the history is kept where it was written, unless it had been pruned there before.
void promotion_run::check_kept(const local_commit& x) {
  ++report_.tails_aside;
  auto was_pruned = false;
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    auto& disk = cluster_.disk(slot);
    auto tails = persistence::list_diverged_tails(disk, data_directory);
    for (std::size_t i = 0; tails && i < tails->size(); ++i) {
      const auto& tail = (*tails)[i];
      was_pruned = was_pruned || (cluster_.has_states() && slot == x.slot && x.where <= tail.fork);
      auto folder = persistence::diverged_folder(data_directory) / tail.name;
      for (const auto& entry : kept_records_in(disk, folder))
        if (entry.lsn == x.where && entry.bytes.view() == x.text)
          return;
    }
  }
  if (!was_pruned)
    report("LSN " + to_string(x.where) + " was acknowledged by node " + std::to_string(x.slot)
           + " alone and is nowhere");
}

} // namespace sluice::test
