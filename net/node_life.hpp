#pragma once

#include "net/append_forwarder.hpp"
#include "net/log_core.hpp"
#include "net/opened_life.hpp"

#include <sluice/log_actor.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace sluice::detail {

/// A node that is open, through all the roles that it takes on. A role change ends one life of
/// the node, all its actors, and begins the next one from the directory, at the same address.
///
/// Thread safe: an embedder's thread may close it while the node's own changes its role. Here is
/// the edge of the library, where there is a lock.
class node_life : public std::enable_shared_from_this<node_life> {
public:
  /// Opens the directory in the role that it has: that of `config`, unless it has been promoted
  /// or deposed since.
  static caf::expected<std::shared_ptr<node_life>> open(caf::actor_system& system,
                                                        primary_config config);
  static caf::expected<std::shared_ptr<node_life>> open(caf::actor_system& system,
                                                        replica_config config);

  explicit node_life(caf::actor_system& system);
  ~node_life();

  const std::shared_ptr<log_core>& core() const { return core_; }
  const log_actor& front_door() const { return front_door_; }
  const node_endpoint& listening() const { return listening_; }
  const node_start& start() const { return start_; }

  /// Begins the life that `told` asks for. What cannot be opened is tried again.
  /// @returns how long to wait before that; none when it is done
  std::optional<std::chrono::milliseconds> change_role(const messages::role_changed& told);

  caf::error close();

private:
  caf::error begin();
  caf::error begin_primary();
  caf::error begin_replica();
  caf::error end();
  bool is_directory_free();
  caf::error publish(const node_config& config, bool as_primary);
  void note_first_life(const node_start& start, const node_endpoint& listening);
  void serve(std::shared_ptr<const node_handles> handles);
  actors::node_environment machine() const;

  caf::actor_system& system_;
  std::shared_ptr<log_core> core_;
  std::shared_ptr<net::append_forwarder> forwarder_;
  messages::role_listener_actor keeper_;
  log_actor front_door_;
  /// Of the first life; a later one is at the same address.
  node_endpoint listening_;
  node_start start_;

  std::mutex mutex_;
  bool is_closed_ = false;
  bool is_primary_ = false;
  /// Opened as the primary, or it became one: who appends here counts on that going on.
  bool was_primary_ = false;
  /// Where a deposed primary looks first in its next life.
  std::string successor_;
  /// Why the new role could not be taken on; logged once.
  std::string role_trouble_;
  primary_config as_primary_;
  replica_config as_replica_;
  net::opened_life life_;
  /// Of former lives: who has not ended yet, and what keeps the directory theirs until then.
  std::vector<caf::strong_actor_ptr> lingering_;
  actors::directory_hold lingering_in_;
};

} // namespace sluice::detail
