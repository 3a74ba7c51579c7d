#include <sluice/replica_node.hpp>

#include "net/node_life.hpp"

namespace sluice {

replica_node::replica_node(std::shared_ptr<detail::node_life> node) : node_(std::move(node)) {}
replica_node::replica_node(replica_node&&) noexcept = default;
replica_node& replica_node::operator=(replica_node&&) noexcept = default;

replica_node::~replica_node() {
  static_cast<void>(close());
}

caf::expected<replica_node> replica_node::open(caf::actor_system& system, replica_config config) {
  auto node = detail::node_life::open(system, std::move(config));
  if (!node)
    return node.error();
  return replica_node{std::move(*node)};
}

sluice::log replica_node::log() const {
  return sluice::log{node_->core()};
}

log_actor replica_node::actor_handle() const {
  return node_->front_door();
}

const node_endpoint& replica_node::listening() const {
  return node_->listening();
}

const node_start& replica_node::start() const {
  return node_->start();
}

caf::error replica_node::close() {
  return node_ ? node_->close() : caf::error{};
}

} // namespace sluice
