#pragma once

#include "messages/carried_append.hpp"
#include "net/client_flight.hpp"
#include "net/client_link.hpp"

#include <sluice/node_config.hpp>

#include <caf/actor_system.hpp>

#include <cstdint>
#include <memory>
#include <mutex>

namespace sluice::net {

struct forwarder_limits {
  /// Unanswered at once; beyond it nothing is taken.
  std::size_t appends_max = 100'000;
  std::uint64_t bytes_max = 256ull * 1024 * 1024;
};

/// What this process appends while its node is not the primary, on the way to the one that is: a
/// client of the cluster that asks this node first, for it knows where to go. Connects with the
/// first append that it takes.
///
/// Thread safe: threads append, and the node's own changes its role. Here is the edge of the
/// library, where there is a lock.
class append_forwarder final : public messages::append_carrier {
public:
  explicit append_forwarder(caf::actor_system& system, forwarder_limits limits = {});
  ~append_forwarder() override;

  /// From now on appends are taken. @param own where this node is published
  void open(const node_endpoint& own);

  /// This node is the primary: the connection ends when nothing is under way.
  void rest();

  /// Takes no more. What is under way is answered `outcome_unknown`.
  void close();

  bool carry(append& what, replication::monotonic_ns deadline,
             const std::optional<outcome_unknown>& earlier, answer& done) override;

private:
  class forwarded_append;
  struct under_way;

  void start();
  void stop();

  caf::actor_system& system_;
  forwarder_limits limits_;
  std::mutex mutex_;
  bool is_open_ = false;
  node_endpoint own_;
  client_link_actor link_;
  std::shared_ptr<client_flight> flight_;
  /// Shared with what is on its way, which may outlive this.
  std::shared_ptr<under_way> under_way_;
};

} // namespace sluice::net
