#include <sluice/primary_node.hpp>

#include "net/node_life.hpp"

namespace sluice {

primary_node::primary_node(std::shared_ptr<detail::node_life> node) : node_(std::move(node)) {}
primary_node::primary_node(primary_node&&) noexcept = default;
primary_node& primary_node::operator=(primary_node&&) noexcept = default;

primary_node::~primary_node() {
  static_cast<void>(close());
}

caf::expected<primary_node> primary_node::open(caf::actor_system& system, primary_config config) {
  auto node = detail::node_life::open(system, std::move(config));
  if (!node)
    return node.error();
  return primary_node{std::move(*node)};
}

sluice::log primary_node::log() const {
  return sluice::log{node_->core()};
}

log_actor primary_node::actor_handle() const {
  return node_->front_door();
}

const node_endpoint& primary_node::listening() const {
  return node_->listening();
}

const node_start& primary_node::start() const {
  return node_->start();
}

caf::error primary_node::close() {
  return node_ ? node_->close() : caf::error{};
}

} // namespace sluice
