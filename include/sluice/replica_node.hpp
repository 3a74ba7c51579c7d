#pragma once

#include <sluice/log.hpp>
#include <sluice/log_actor.hpp>
#include <sluice/node_config.hpp>

#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <memory>

namespace sluice {

namespace detail {
class node_life;
}

/// A replica in an existing actor system, which must have been prepared with `configure`
/// and must outlive it. Looks for its primary for ever. Closes when it is destroyed.
class replica_node {
public:
  /// Opens or creates the directory, recovers the log, publishes the node and begins to
  /// look for the primary. Returns before it has met it. Errors as of `primary_node::open`.
  static caf::expected<replica_node> open(caf::actor_system& system, replica_config config);

  replica_node(replica_node&&) noexcept;
  replica_node& operator=(replica_node&&) noexcept;
  ~replica_node();

  /// For reading and status; appends are answered `errc::not_primary`, unless the node was
  /// promoted since it was opened.
  sluice::log log() const;

  /// The same for actors of this actor system; ends with the node.
  log_actor actor_handle() const;

  /// Where it is published.
  const node_endpoint& listening() const;

  /// How it started.
  const node_start& start() const;

  /// As `primary_node::close`.
  caf::error close();

private:
  explicit replica_node(std::shared_ptr<detail::node_life> node);
  std::shared_ptr<detail::node_life> node_;
};

} // namespace sluice
