#include "replication/topology_route.hpp"

#include <tuple>
#include <vector>

namespace sluice::replication {

namespace {

bool meets(const topology_replica& x, const applied_through& need, const topology& known,
           const read_caller&) {
  return x.serves_causal_reads && need.timeline == known.timeline && x.applied >= need.through;
}

/// Also one that starts over: what it serves is measured like everyone else's.
bool meets(const topology_replica& x, const fresh_within& need, const topology&,
           const read_caller& caller) {
  auto age = std::chrono::duration<double>(caller.topology_age).count();
  auto limit = std::chrono::duration<double>(need.staleness_max).count();
  return x.healthy && x.staleness_seconds + age <= limit;
}

routed_to one_of(const std::vector<const topology_replica*>& fitting, std::uint64_t turn) {
  const auto& chosen = *fitting[turn % fitting.size()];
  return {chosen.id, chosen.endpoint, false};
}

} // namespace

topology_news judge_topology(const topology* known, const topology& offered) {
  if (known == nullptr)
    return topology_news::newer;
  if (known->cluster != offered.cluster)
    return topology_news::other_cluster;
  if (offered.epoch > known->epoch)
    return topology_news::newer;
  if (offered.epoch == known->epoch && offered.measurement > known->measurement)
    return topology_news::measured;
  return topology_news::stale;
}

routed_to route_write(const topology& known) {
  return {known.primary.id, known.primary.endpoint, true};
}

routed_to route_read(const topology& known, const read_need& need, const read_caller& caller) {
  std::vector<const topology_replica*> near;
  std::vector<const topology_replica*> all;
  for (const auto& x : known.replicas) {
    auto fits =
        std::visit([&](const auto& wanted) { return meets(x, wanted, known, caller); }, need);
    if (!fits || x.endpoint.empty())
      continue;
    all.push_back(&x);
    if (!caller.region.empty() && x.region == caller.region)
      near.push_back(&x);
  }
  if (!near.empty())
    return one_of(near, caller.turn);
  return all.empty() ? route_write(known) : one_of(all, caller.turn);
}

std::vector<known_node> nodes_of(const topology& of) {
  std::vector<known_node> nodes;
  if (!of.primary.endpoint.empty())
    nodes.push_back({of.primary.id, of.primary.endpoint});
  for (const auto& x : of.replicas)
    nodes.push_back({x.id, x.endpoint});
  return nodes;
}

} // namespace sluice::replication
