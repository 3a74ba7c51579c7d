#include "actors/state_opening.hpp"

#include "persistence/log_restart.hpp"
#include "persistence/snapshot_store.hpp"
#include "replication/apply_rule.hpp"
#include "replication/restart_rule.hpp"

#include <sluice/errc.hpp>

#include <spdlog/spdlog.h>

namespace sluice::actors {

namespace {

std::string state_at(lsn applied) {
  return "the state is that of LSN " + to_string(applied) + ", ";
}

} // namespace

caf::error open_state(const node_config& config) {
  return config.applier ? config.applier->open(config.data) : caf::error{};
}

lsn applied_by(const node_config& config) {
  return config.applier ? config.applier->applied() : no_lsn;
}

caf::error check_state(const node_config& config, lsn oldest, lsn durable) {
  if (!config.applier)
    return {};
  auto applied = config.applier->applied();
  switch (replication::judge_state(applied, oldest, durable)) {
  case replication::state_verdict::fits: break;
  case replication::state_verdict::behind_log:
    return make_error(errc::pruned, state_at(applied) + "and the log begins at LSN "
                                        + to_string(oldest)
                                        + ": the state of another node of the cluster that is "
                                          "further has to be put in its place");
  case replication::state_verdict::past_log:
    return make_error(errc::diverged, state_at(applied) + "and the log ends at LSN "
                                          + to_string(durable)
                                          + ": it is the state of another log");
  }
  return {};
}

/// A state that is behind is only old. One that is past the log is somebody else's, unless this
/// node has cut its log itself and has noted that.
caf::expected<bool> needs_snapshot(const replica_config& config,
                                   const persistence::node_state& state, lsn oldest, lsn durable) {
  auto refused = check_state(config, oldest, durable);
  if (!config.applier || (!refused && !state.wants_snapshot))
    return false;
  if (config.installs && (state.wants_snapshot || code_of(refused) == errc::pruned))
    return true;
  if (!state.wants_snapshot)
    return refused;
  return make_error(errc::diverged, state_at(config.applier->applied())
                                        + "part of which was cut off this log as another "
                                          "history's: it needs a snapshot, and this program "
                                          "cannot install one");
}

void forget_incoming(const node_context& context) {
  if (auto err = persistence::remove_incoming_snapshot(*context.disk, context.directory))
    context.log->warn("what has come of a snapshot cannot be removed reason=\"{}\"", describe(err));
}

caf::error settle_install(const node_config& config, persistence::node_state& state) {
  if (!state.restart || !state.restart->is_of_state)
    return {};
  if (!config.applier)
    return make_error(errc::invalid_argument,
                      "a snapshot was taking the place of this node's state when it ended: start "
                      "it with the state that it had (an applier, --kv), which tells the one from "
                      "the other");
  const auto& restart = *state.restart;
  switch (replication::judge_install({restart.is_installed, previous(restart.first),
                                      restart.replaced, config.applier->applied()})) {
  case replication::install_verdict::installed: persistence::note_installed(state); return {};
  case replication::install_verdict::unknown: state.wants_snapshot = true; break;
  case replication::install_verdict::not_installed: break;
  }
  state.discarded_through = restart.discarded_before;
  state.restart.reset();
  return {};
}

} // namespace sluice::actors
