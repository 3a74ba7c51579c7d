#include "actors/directory_rule.hpp"

#include "replication/timeline_history.hpp"

#include <spdlog/spdlog.h>

namespace sluice::actors {

namespace {

using persistence::node_role;
using persistence::node_state;

caf::error check_role(const node_state& remembered, node_role role) {
  if (remembered.role == role)
    return caf::none;
  auto text =
      "the directory is a " + to_string(remembered.role) + "'s, not a " + to_string(role) + "'s";
  if (remembered.role == node_role::replica)
    text += "; only a promotion makes a replica a primary";
  return make_error(errc::wrong_role, std::move(text));
}

/// By it others are told to cut their logs. A history of none is of an earlier version.
caf::error check_history(const node_state& remembered) {
  if (remembered.role != node_role::primary || remembered.history.empty())
    return caf::none;
  if (const auto* reason = replication::why_unsound(timelines_of(remembered)))
    return make_error(errc::corruption,
                      std::string{"the directory's timelines cannot be: "} + reason);
  return caf::none;
}

caf::error check_identity(const node_state& remembered, const node_config& config) {
  if (!config.cluster.empty() && !remembered.cluster.empty()
      && config.cluster != remembered.cluster)
    return make_error(errc::wrong_cluster, "the directory belongs to cluster " + remembered.cluster
                                               + ", not to " + config.cluster);
  if (!config.name.empty() && config.name != remembered.node)
    return make_error(errc::invalid_argument, "the directory belongs to node " + remembered.node
                                                  + ", not to " + config.name);
  return caf::none;
}

caf::error check_members(const node_state& remembered, const replication::members& declared) {
  if (declared.empty() || declared.names() == remembered.members)
    return caf::none;
  if (remembered.members.empty())
    return make_error(errc::invalid_argument,
                      "the directory was started without members; they are declared on the "
                      "first start");
  std::string names;
  for (const auto& name : remembered.members)
    names += (names.empty() ? "" : ",") + name;
  return make_error(errc::invalid_argument, "the directory has the members " + names + ", not "
                                                + replication::to_string(declared)
                                                + "; leave --members out, or name those");
}

node_state first_state(node_role role, const node_config& config,
                       const replication::members& declared, const new_directory& fresh) {
  node_state state;
  state.node = config.name.empty() ? to_string(role) : config.name;
  state.region = config.region;
  state.cluster = config.cluster;
  state.role = role;
  state.storage = fresh.storage;
  state.incarnation = incarnation{1};
  if (role == node_role::replica)
    return state;
  if (state.cluster.empty())
    state.cluster = fresh.cluster;
  state.term = term{1};
  state.timeline = timeline_id{1};
  state.history = {{timeline_id{1}, timeline_id{}, no_lsn, digest{}, term{1}, state.node}};
  state.members = declared.names();
  state.members_version = declared.empty() ? 0 : 1;
  return state;
}

/// Only an import leaves a directory without the name of its node.
bool is_never_started(const node_state& remembered) {
  return remembered.node.empty();
}

/// The history of an imported directory is there already, under terms below the one that it
/// begins with; everything else it takes as a new one does.
node_state first_state_of_import(const node_state& imported, const node_config& config,
                                 const replication::members& declared, const new_directory& fresh) {
  auto state = first_state(imported.role, config, declared, fresh);
  state.storage = imported.storage;
  state.term = imported.term;
  state.timeline = imported.timeline;
  state.history.front().id = imported.timeline;
  state.history.front().term = imported.term;
  return state;
}

} // namespace

caf::expected<node_state> state_to_open(const std::optional<node_state>& remembered, node_role role,
                                        const node_config& config,
                                        const replication::members& declared,
                                        const new_directory& fresh) {
  if (!remembered)
    return first_state(role, config, declared, fresh);
  if (auto err = check_role(*remembered, role))
    return err;
  if (auto err = check_history(*remembered))
    return err;
  if (is_never_started(*remembered))
    return first_state_of_import(*remembered, config, declared, fresh);
  if (auto err = check_identity(*remembered, config))
    return err;
  if (auto err = check_members(*remembered, declared))
    return err;
  auto state = *remembered;
  state.incarnation = next(state.incarnation);
  if (!config.region.empty())
    state.region = config.region;
  if (state.cluster.empty())
    state.cluster = config.cluster;
  return state;
}

std::vector<replication::timeline_fork> timelines_of(const persistence::node_state& state) {
  std::vector<replication::timeline_fork> result;
  for (const auto& entry : state.history)
    result.push_back({entry.id, entry.parent, entry.fork_lsn, entry.fork_digest});
  return result;
}

caf::expected<commit_policy> policy_to_open(const persistence::node_state& remembered,
                                            const primary_config& config, spdlog::logger& log) {
  if (config.policy && !remembered.policy.empty() && to_string(*config.policy) != remembered.policy)
    log.warn("the policy that was given wins over the one that was set live policy={} set={}",
             to_string(*config.policy), remembered.policy);
  if (config.policy)
    return *config.policy;
  return remembered.policy.empty() ? caf::expected<commit_policy>{policy_local{}}
                                   : parse_policy(remembered.policy);
}

} // namespace sluice::actors
