#include <sluice/replica_node.hpp>

#include "net/log_core.hpp"
#include "net/replica_link.hpp"

#include <sluice/configure.hpp>

#include <caf/io/middleman.hpp>

#include <functional>

namespace sluice {

replica_node::replica_node(std::unique_ptr<detail::open_node> node) : node_(std::move(node)) {}
replica_node::replica_node(replica_node&&) noexcept = default;
replica_node& replica_node::operator=(replica_node&&) noexcept = default;
replica_node::~replica_node() = default;

namespace {

net::link_setup link_setup_of(const replica_config& config, const actors::opened_replica& opened) {
  net::link_setup setup;
  setup.context = *opened.context;
  setup.region = opened.region;
  setup.primaries = config.primaries;
  setup.receiver = opened.receiver;
  setup.random_seed = std::hash<std::string>{}(opened.start.name);
  return setup;
}

} // namespace

caf::expected<replica_node> replica_node::open(caf::actor_system& system, replica_config config) {
  if (auto err = check_actor_system(system))
    return err;
  if (auto err = detail::check_listen_address(config))
    return err;
  if (config.primaries.empty())
    return make_error(errc::invalid_argument, "a replica needs the address of its primary");
  auto machine = actors::real_environment();
  machine.network = &system.middleman().backend();
  auto opened = actors::open_replica(system, config, machine);
  if (!opened)
    return opened.error();
  auto link = net::spawn_replica_link(system, link_setup_of(config, *opened));
  auto published = actors::supervise_replica(system, *opened, link);
  auto node = std::make_unique<detail::open_node>();
  node->core = std::make_shared<detail::log_core>();
  node->core->system = &system;
  node->core->reader = opened->reader;
  node->core->gate = published.gate;
  node->supervisor = published.supervisor;
  node->disk_writers = opened->disk_writers;
  node->directory = opened->directory;
  node->start = opened->start;
  node->front_door =
      actors::spawn_front_door(system, {node->core->writer, node->core->reader, node->core->gate});
  auto listening = detail::publish_gate(system, published.gate, config);
  if (!listening) {
    auto why = listening.error();
    static_cast<void>(node->close());
    return why;
  }
  node->listening = *listening;
  caf::anon_send(link, messages::node_published{detail::advertised_endpoint(config, *listening)});
  return replica_node{std::move(node)};
}

sluice::log replica_node::log() const {
  return sluice::log{node_->core};
}

log_actor replica_node::actor_handle() const {
  return node_->front_door;
}

const node_endpoint& replica_node::listening() const {
  return node_->listening;
}

const node_start& replica_node::start() const {
  return node_->start;
}

caf::error replica_node::close() {
  return node_ ? node_->close() : caf::error{};
}

} // namespace sluice
