#pragma once

#include <sluice/log.hpp>
#include <sluice/log_actor.hpp>
#include <sluice/node_config.hpp>

#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace sluice {

namespace detail {
class node_life;
}

/// A primary in an existing actor system, which must have been prepared with `configure`
/// and must outlive it. Closes when it is destroyed.
class primary_node {
public:
  /// Opens or creates the directory, recovers the log and publishes the node. Blocks on
  /// the disk. Not to be called from an actor.
  /// @returns `errc::invalid_argument`, `bad_actor_system`, `locked`, `wrong_role`,
  ///   `wrong_cluster`, `corruption`, `unknown_version`, `no_space`, `io_error`; the
  ///   directory is unchanged then
  static caf::expected<primary_node> open(caf::actor_system& system, primary_config config);

  primary_node(primary_node&&) noexcept;
  primary_node& operator=(primary_node&&) noexcept;
  ~primary_node();

  sluice::log log() const;

  /// The same for actors of this actor system; ends with the node.
  log_actor actor_handle() const;

  /// Where it is published.
  const node_endpoint& listening() const;

  /// How it started.
  const node_start& start() const;

  /// Takes nothing new, makes durable what waits, marks the log as closed cleanly, ends all
  /// actors and frees the directory. Blocks, at most 5 s. Idempotent.
  /// @returns `errc::log_failed` when the log could not be closed cleanly; it is closed
  ///   nevertheless
  caf::error close();

private:
  explicit primary_node(std::shared_ptr<detail::node_life> node);
  std::shared_ptr<detail::node_life> node_;
};

} // namespace sluice
