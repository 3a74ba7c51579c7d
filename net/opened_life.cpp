#include "net/opened_life.hpp"

#include "config/endpoint.hpp"
#include "net/promoter.hpp"
#include "net/replica_link.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>

namespace sluice::net {

namespace {

std::vector<node_endpoint> endpoints_of(const std::vector<replication::known_node>& nodes) {
  std::vector<node_endpoint> result;
  for (const auto& node : nodes)
    if (auto parsed = config::parse_endpoint(node.endpoint))
      result.push_back({parsed->host, parsed->port});
  return result;
}

link_setup link_setup_of(const actors::opened_replica& opened, const replica_config& config) {
  link_setup setup;
  setup.context = *opened.context;
  setup.region = opened.region;
  setup.primaries = config.primaries;
  for (auto& endpoint : endpoints_of(opened.nodes))
    setup.primaries.push_back(std::move(endpoint));
  setup.receiver = opened.receiver;
  setup.snapshots = opened.snapshots;
  setup.snapshot_from = config.snapshot_from;
  setup.random_seed = std::hash<std::string>{}(opened.start.name);
  return setup;
}

} // namespace

caf::expected<opened_life> open_life(caf::actor_system& system, const primary_config& config,
                                     const actors::node_environment& machine) {
  auto opened = actors::open_primary(system, config, machine);
  if (!opened)
    return opened.error();
  opened_life life;
  life.supervisor = opened->supervisor;
  life.handles = {opened->writer, opened->inbox, opened->reader, opened->gate};
  life.topology = opened->topology;
  life.watch = spawn_successor_watch(system, {*opened->context, opened->cluster, opened->start.term,
                                              opened->nodes, opened->topology, opened->writer,
                                              opened->start.confirming});
  life.disk_writers = std::move(opened->disk_writers);
  life.directory = std::move(opened->directory);
  life.start = std::move(opened->start);
  return life;
}

caf::expected<opened_life> open_life(caf::actor_system& system, const replica_config& config,
                                     const actors::node_environment& machine) {
  auto opened = actors::open_replica(system, config, machine);
  if (!opened)
    return opened.error();
  opened_life life;
  life.receiver = opened->receiver;
  life.link = spawn_replica_link(system, link_setup_of(*opened, config));
  life.promoter = spawn_promoter(system, {*opened->context, opened->receiver});
  auto published = actors::supervise_replica(system, *opened, life.link, life.promoter);
  life.supervisor = published.supervisor;
  life.handles = {{}, {}, opened->reader, published.gate};
  life.disk_writers = std::move(opened->disk_writers);
  life.directory = std::move(opened->directory);
  life.start = std::move(opened->start);
  return life;
}

void announce(const opened_life& life, const std::string& endpoint) {
  messages::node_published where{endpoint};
  if (life.topology)
    caf::anon_send(life.topology, where);
  if (life.link)
    caf::anon_send(life.link, where);
  if (life.promoter)
    caf::anon_send(life.promoter, where);
}

bool begins_as_primary(const actors::directory_role& known, bool is_asked_for) {
  return known.is_promoted || (is_asked_for && !known.is_deposed);
}

void look_first_at(replica_config& config, const std::string& endpoint) {
  auto parsed = config::parse_endpoint(endpoint);
  if (!parsed)
    return;
  node_endpoint where{parsed->host, parsed->port};
  std::erase(config.primaries, where);
  config.primaries.insert(config.primaries.begin(), where);
}

} // namespace sluice::net
