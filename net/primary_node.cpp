#include <sluice/primary_node.hpp>

#include "net/log_core.hpp"

#include <sluice/configure.hpp>

#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

namespace sluice {

primary_node::primary_node(std::unique_ptr<detail::open_node> node) : node_(std::move(node)) {}
primary_node::primary_node(primary_node&&) noexcept = default;
primary_node& primary_node::operator=(primary_node&&) noexcept = default;
primary_node::~primary_node() = default;

caf::expected<primary_node> primary_node::open(caf::actor_system& system, primary_config config) {
  if (auto err = check_actor_system(system))
    return err;
  if (auto err = detail::check_listen_address(config))
    return err;
  auto machine = actors::real_environment();
  machine.network = &system.middleman().backend();
  auto opened = actors::open_primary(system, config, machine);
  if (!opened)
    return opened.error();
  auto node = std::make_unique<detail::open_node>();
  node->core = std::make_shared<detail::log_core>();
  node->core->system = &system;
  node->core->writer = opened->writer;
  node->core->inbox = opened->inbox;
  node->core->reader = opened->reader;
  node->core->gate = opened->gate;
  node->supervisor = opened->supervisor;
  node->disk_writers = opened->disk_writers;
  node->directory = opened->directory;
  node->start = opened->start;
  node->front_door =
      actors::spawn_front_door(system, {node->core->writer, node->core->reader, node->core->gate});
  auto listening = detail::publish_gate(system, opened->gate, config);
  if (!listening) {
    auto why = listening.error();
    static_cast<void>(node->close());
    return why;
  }
  node->listening = *listening;
  caf::anon_send(opened->topology,
                 messages::node_published{detail::advertised_endpoint(config, *listening)});
  return primary_node{std::move(node)};
}

sluice::log primary_node::log() const {
  return sluice::log{node_->core};
}

log_actor primary_node::actor_handle() const {
  return node_->front_door;
}

const node_endpoint& primary_node::listening() const {
  return node_->listening;
}

const node_start& primary_node::start() const {
  return node_->start;
}

caf::error primary_node::close() {
  return node_ ? node_->close() : caf::error{};
}

} // namespace sluice
