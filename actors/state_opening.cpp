#include "actors/state_opening.hpp"

#include "replication/apply_rule.hpp"

#include <sluice/errc.hpp>

namespace sluice::actors {

caf::error open_state(const node_config& config, lsn oldest, lsn durable) {
  if (!config.applier)
    return {};
  if (auto err = config.applier->open(config.data))
    return err;
  auto applied = config.applier->applied();
  auto text = "the state is that of LSN " + to_string(applied) + ", ";
  switch (replication::judge_state(applied, oldest, durable)) {
  case replication::state_verdict::fits: break;
  case replication::state_verdict::behind_log:
    return make_error(errc::pruned, text + "and the log begins at LSN " + to_string(oldest)
                                        + ": the state of another node of the cluster that is "
                                          "further has to be put in its place");
  case replication::state_verdict::past_log:
    return make_error(errc::diverged, text + "and the log ends at LSN " + to_string(durable)
                                          + ": it is the state of another log");
  }
  return {};
}

} // namespace sluice::actors
