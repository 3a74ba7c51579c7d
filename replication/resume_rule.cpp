#include "replication/resume_rule.hpp"

namespace sluice::replication {

namespace {

resume_plan needs_snapshot(const resume_facts& facts) {
  return resume_rejected{resume_refusal::needs_snapshot, no_lsn,
                         "the replica needs LSN " + to_string(next(facts.replica_flushed))
                             + ", the primary keeps from LSN " + to_string(facts.primary_oldest)};
}

resume_plan diverged(const resume_facts& facts, lsn agreed_through) {
  return resume_rejected{resume_refusal::diverged, agreed_through,
                         "the replica's history through LSN " + to_string(facts.replica_flushed)
                             + " is not the primary's; they agree through LSN "
                             + to_string(agreed_through)};
}

/// A longer history on another timeline is the tail of a deposed primary; on the same one
/// it means that this primary lost what it had sent.
resume_plan judge_longer(const resume_facts& facts) {
  if (facts.replica_timeline == facts.primary_timeline)
    return resume_rejected{resume_refusal::ahead_of_primary, no_lsn,
                           "the replica has LSN " + to_string(facts.replica_flushed)
                               + ", the primary ends at LSN " + to_string(facts.primary_durable)
                               + " of the same timeline"};
  const auto* unknown = std::get_if<position_unknown>(&facts.match);
  const auto* differs = std::get_if<history_differs>(&facts.match);
  if (unknown != nullptr)
    return diverged(facts, unknown->agreed_through);
  return diverged(facts, differs != nullptr ? differs->agreed_through : no_lsn);
}

struct plan_match {
  const resume_facts& facts;

  resume_plan operator()(const history_matches&) const {
    return stream_from{facts.replica_flushed};
  }
  resume_plan operator()(const history_differs& match) const {
    return diverged(facts, match.agreed_through);
  }
  resume_plan operator()(const position_unknown& match) const {
    return diverged(facts, match.agreed_through);
  }
  resume_plan operator()(const position_pruned&) const { return needs_snapshot(facts); }
};

} // namespace

std::string to_string(resume_refusal reason) {
  switch (reason) {
  case resume_refusal::diverged: return "diverged";
  case resume_refusal::ahead_of_primary: return "ahead_of_primary";
  case resume_refusal::needs_snapshot: return "needs_snapshot";
  }
  return "unknown";
}

resume_plan plan_resume(const resume_facts& facts) {
  if (facts.replica_flushed > facts.primary_durable)
    return judge_longer(facts);
  if (next(facts.replica_flushed) < facts.primary_oldest)
    return needs_snapshot(facts);
  if (facts.replica_flushed == no_lsn)
    return stream_from{no_lsn};
  return std::visit(plan_match{facts}, facts.match);
}

} // namespace sluice::replication
