#include "replication/restart_rule.hpp"

namespace sluice::replication {

namespace {

/// Who may tell this replica to give up anything: `Facts` has both clusters and terms.
template <class Facts>
std::optional<restart_refused> refuse_teller(const Facts& facts) {
  if (!facts.own_cluster.empty() && facts.own_cluster != facts.cluster)
    return restart_refused{errc::wrong_cluster, "this replica belongs to cluster "
                                                    + facts.own_cluster + ", the primary to "
                                                    + facts.cluster};
  if (facts.term < facts.own_term)
    return restart_refused{errc::fenced, "the primary's term " + to_string(facts.term)
                                             + " is older than " + to_string(facts.own_term)
                                             + ", which this replica has followed"};
  return std::nullopt;
}

} // namespace

std::optional<restart_refused> refuse_restart(const restart_facts& facts) {
  if (auto refused = refuse_teller(facts))
    return refused;
  if (facts.content == replica_content::applied_state)
    return restart_refused{errc::pruned, "needs_snapshot: the primary keeps from LSN "
                                             + to_string(facts.start)
                                             + ", and what was applied goes through less"};
  if (facts.start <= next(facts.flushed))
    return restart_refused{errc::diverged,
                           "the primary would begin this log anew at LSN " + to_string(facts.start)
                               + ", it holds everything through " + to_string(facts.flushed)};
  return std::nullopt;
}

std::optional<restart_refused> refuse_rewind(const rewind_facts& facts) {
  if (auto refused = refuse_teller(facts))
    return refused;
  if (facts.through >= facts.flushed)
    return restart_refused{errc::diverged, "the primary would cut this log behind LSN "
                                               + to_string(facts.through) + ", it ends at LSN "
                                               + to_string(facts.flushed)};
  if (facts.content == replica_content::applied_state && facts.applied > facts.through
      && !facts.can_install)
    return restart_refused{errc::pruned, "needs_snapshot: the histories part after LSN "
                                             + to_string(facts.through) + ", and LSN "
                                             + to_string(facts.applied) + " was applied"};
  return std::nullopt;
}

std::optional<restart_refused> refuse_install(const install_facts& facts) {
  if (auto refused = refuse_teller(facts))
    return refused;
  if (facts.at < facts.flushed && !facts.log_goes_on)
    return restart_refused{errc::pruned, "the snapshot is of LSN " + to_string(facts.at)
                                             + ", this replica's log goes through LSN "
                                             + to_string(facts.flushed)
                                             + " and does not go on behind it"};
  return std::nullopt;
}

install_verdict judge_install(const install_traces& traces) {
  if (traces.is_installed)
    return install_verdict::installed;
  if (traces.applied != traces.at)
    return install_verdict::not_installed;
  return traces.replaced == traces.at ? install_verdict::unknown : install_verdict::installed;
}

} // namespace sluice::replication
