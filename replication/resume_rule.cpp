#include "replication/resume_rule.hpp"

#include "replication/timeline_history.hpp"

namespace sluice::replication {

namespace {

resume_plan needs_snapshot(const resume_facts& facts) {
  return resume_rejected{resume_refusal::needs_snapshot, no_lsn,
                         "the replica needs LSN " + to_string(next(facts.replica_flushed))
                             + ", the primary keeps from LSN " + to_string(facts.primary_oldest)
                             + "; its program cannot take a snapshot of the state: give it one "
                               "that can, or move its directory away and let it begin as a new "
                               "one"};
}

/// A promotion after that of its timeline went on from elsewhere: nobody serves its branch again.
bool is_on_abandoned_branch(const resume_facts& facts) {
  return !facts.timelines.empty() && facts.replica_timeline < facts.primary_timeline
         && !shared_through(facts.timelines, facts.replica_timeline);
}

/// What was compared of two histories that are not the same.
struct compared {
  lsn agreed_through;
  lsn parted_at;
};

compared compared_by(const history_match& match) {
  if (const auto* differs = std::get_if<history_differs>(&match))
    return {differs->agreed_through, differs->parted_at};
  if (const auto* unknown = std::get_if<position_unknown>(&match))
    return {unknown->agreed_through, unknown->parted_at};
  return {};
}

/// Its tail is its own. What was applied of it the replica knows alone, and says.
resume_plan diverged(const resume_facts& facts, const compared& known) {
  auto rejoin = plan_rejoin({facts.timelines, facts.replica_timeline, facts.replica_flushed, no_lsn,
                             facts.content, facts.primary_oldest});
  const auto* rewind = std::get_if<rewind_to>(&rejoin);
  if (rewind != nullptr && known.agreed_through <= rewind->through)
    return *rewind;
  if (is_on_abandoned_branch(facts))
    return rewind_to{known.agreed_through, facts.agreed_digest, known.parted_at};
  return resume_rejected{resume_refusal::diverged, known.agreed_through,
                         "the replica's history through LSN " + to_string(facts.replica_flushed)
                             + " is not the primary's; they agree through LSN "
                             + to_string(known.agreed_through)};
}

/// A longer history on another timeline is the tail of a deposed primary; on the same one
/// it means that this primary lost what it had sent.
resume_plan judge_longer(const resume_facts& facts) {
  if (std::holds_alternative<history_differs>(facts.match))
    return diverged(facts, compared_by(facts.match));
  if (facts.replica_timeline == facts.primary_timeline)
    return resume_rejected{resume_refusal::ahead_of_primary, no_lsn,
                           "the replica has LSN " + to_string(facts.replica_flushed)
                               + ", the primary ends at LSN " + to_string(facts.primary_durable)
                               + " of the same timeline: it has lost records; give it back its "
                                 "newest directory, or promote this replica"};
  return diverged(facts, compared_by(facts.match));
}

invalidation_cause cause_of(const slot* claim) {
  return claim != nullptr && claim->invalidated ? claim->invalidated->cause
                                                : invalidation_cause::wal_removed;
}

snapshot_from snapshot_for(const resume_facts& facts, std::string cause) {
  return {previous(facts.primary_oldest), std::move(cause)};
}

resume_plan start_over(const resume_facts& facts) {
  switch (facts.content) {
  case replica_content::applied_state: return needs_snapshot(facts);
  case replica_content::replaceable_state:
    return snapshot_for(facts, to_string(cause_of(facts.claim)));
  case replica_content::log_only: break;
  }
  return rebootstrap_from{facts.primary_oldest, cause_of(facts.claim)};
}

/// The log alone would do.
resume_plan go_on(const resume_facts& facts) {
  if (!facts.wants_snapshot)
    return stream_from{facts.replica_flushed};
  if (facts.content == replica_content::replaceable_state)
    return snapshot_for(facts, "diverged");
  return needs_snapshot(facts);
}

/// No digest is left to compare; that the timelines have parted can still be known.
resume_plan judge_unproven(const resume_facts& facts) {
  if (facts.timelines.empty())
    return start_over(facts);
  auto shared = shared_through(facts.timelines, facts.replica_timeline);
  if (!shared || facts.replica_flushed > *shared)
    return diverged(facts, {shared.value_or(no_lsn), no_lsn});
  return start_over(facts);
}

struct plan_match {
  const resume_facts& facts;

  resume_plan operator()(const history_matches&) const {
    if (next(facts.replica_flushed) < facts.primary_oldest)
      return start_over(facts);
    return go_on(facts);
  }
  resume_plan operator()(const history_differs&) const {
    return diverged(facts, compared_by(facts.match));
  }
  resume_plan operator()(const position_unknown&) const {
    return diverged(facts, compared_by(facts.match));
  }
  resume_plan operator()(const position_pruned&) const { return judge_unproven(facts); }
};

struct plan_text {
  std::string operator()(const stream_from& x) const {
    return "stream from " + to_string(next(x.after));
  }
  std::string operator()(const rebootstrap_from& x) const {
    return "rebootstrap from " + to_string(x.start) + ": " + to_string(x.cause);
  }
  std::string operator()(const rewind_to& x) const { return "rewind to " + to_string(x.through); }
  std::string operator()(const snapshot_from& x) const {
    return "snapshot at least " + to_string(x.at_least) + ": " + x.cause;
  }
  std::string operator()(const resume_rejected& x) const {
    return "reject: " + to_string(x.reason);
  }
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
  if (facts.replica_flushed == no_lsn)
    return facts.primary_oldest <= lsn{1} ? go_on(facts) : start_over(facts);
  if (facts.replica_flushed > facts.primary_durable)
    return judge_longer(facts);
  return std::visit(plan_match{facts}, facts.match);
}

resume_plan plan_if_unchanged(resume_facts facts) {
  facts.match = history_matches{};
  return plan_resume(facts);
}

bool has_lost_records(const slot* claim, lsn replica_flushed) {
  return claim != nullptr && replica_flushed < claim->confirmed_flush_lsn;
}

std::string to_string(const resume_plan& plan) {
  return std::visit(plan_text{}, plan);
}

} // namespace sluice::replication
