#include "actors/member_confirmation.hpp"

#include "replication/branch_end.hpp"

namespace sluice::actors {

void member_confirmation::init(confirmation_setup setup) {
  setup_ = std::move(setup);
  is_confirmed_ = setup_.declared.empty();
  forks_.clear();
  for (const auto& x : setup_.timelines)
    forks_.push_back({x.id, x.parent, x.fork_lsn, x.fork_digest});
}

bool member_confirmation::note(const messages::hello& from,
                               const replication::history_match& match) {
  auto is_ours = from.cluster.empty() || from.cluster == setup_.cluster;
  if (is_confirmed_ || !is_ours || !setup_.declared.contains(from.identity.node))
    return false;
  auto end = replication::end_within(forks_, from.timeline, {from.last_term, from.flushed});
  reports_[from.identity.node] = {from.identity.node, from.term, end,
                                  std::holds_alternative<replication::history_matches>(match)};
  return judge();
}

bool member_confirmation::note_follower(const std::string& member, lsn flushed) {
  // Who has written in its term may have lost some of that, and who got all from it cannot tell.
  auto is_new_in_office = !forks_.empty() && setup_.opened_at.flushed == forks_.back().fork;
  auto has_all = flushed >= setup_.opened_at.flushed;
  if (is_confirmed_ || !is_new_in_office || !has_all || !setup_.declared.contains(member))
    return false;
  reports_[member] = {member, setup_.term, setup_.opened_at, true};
  return judge();
}

bool member_confirmation::judge() {
  if (is_confirmed_)
    return false;
  std::vector<replication::member_report> reports;
  for (const auto& [id, report] : reports_)
    reports.push_back(report);
  auto verdict = replication::judge_confirmation(
      setup_.declared, {setup_.context.node, setup_.term, setup_.opened_at}, reports);
  std::visit([this](const auto& x) { take(x); }, verdict);
  return is_confirmed_;
}

void member_confirmation::take(const replication::confirmed&) {
  is_confirmed_ = true;
  trouble_.clear();
  setup_.context.log->info("a majority has confirmed the term, appends are served term={}",
                           setup_.term.value);
}

void member_confirmation::take(const replication::confirmation_waiting& x) {
  trouble_ = "waiting for " + std::to_string(x.need - x.have)
             + " more of the members to confirm the term:";
  for (const auto& member : x.missing)
    trouble_ += " " + member;
}

void member_confirmation::take(const replication::confirmation_fenced& x) {
  note_trouble("member " + x.by + " knows the higher term " + to_string(x.term)
               + ": this primary has been deposed");
}

void member_confirmation::take(const replication::confirmation_behind& x) {
  note_trouble("member " + x.by + " is ahead at LSN " + to_string(x.end.flushed)
               + ": this node has lost records; restore it, or promote that member");
}

void member_confirmation::note_trouble(std::string text) {
  if (trouble_ != text)
    setup_.context.log->error("cannot serve term={} reason=\"{}\"", setup_.term.value, text);
  trouble_ = std::move(text);
}

} // namespace sluice::actors
