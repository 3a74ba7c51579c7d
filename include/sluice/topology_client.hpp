#pragma once

#include <sluice/node_config.hpp>
#include <sluice/topology.hpp>

#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

namespace detail {
class topology_core;
}

/// How a client learns who is in the cluster.
struct topology_client_config {
  /// Asked in turn until one answers, and again when nobody who was told of does.
  std::vector<node_endpoint> seeds;
  /// Reads go to a replica of this region if one will do; empty for none.
  std::string region;
  /// The primary is asked again so often: for lags, and for what a push did not bring.
  std::chrono::milliseconds refresh_every{1000};
};

/// Where a request goes.
struct routed_node {
  std::string id;
  node_endpoint where;
  bool is_primary = true;
  friend bool operator==(const routed_node&, const routed_node&) = default;
};

/// Knows the topology of a cluster and where writes and reads go. Learns it from any node,
/// is told each new one by the primary, and asks again by itself; believes a higher epoch
/// only, so that a deposed or restarted primary never takes it back. Thread safe; copies
/// nothing and blocks nobody but in `wait_newer`.
/// The actor system must have been prepared with `configure` and must outlive it.
class topology_client {
public:
  /// Begins to look; returns before anything is known.
  /// @returns `errc::invalid_argument`, `bad_actor_system`
  static caf::expected<topology_client> open(caf::actor_system& system,
                                             topology_client_config config);

  topology_client(topology_client&&) noexcept;
  topology_client& operator=(topology_client&&) noexcept;
  ~topology_client();

  /// The newest that is known; none before the first.
  std::optional<topology> current() const;

  /// The newest once its epoch is higher than `than`; {} waits for the first. Blocks, at
  /// most `within`. @returns `errc::timed_out` with what keeps it from knowing more
  caf::expected<topology> wait_newer(const topology_epoch& than,
                                     std::chrono::milliseconds within) const;

  /// The primary. @returns `errc::unreachable` while nothing is known
  caf::expected<routed_node> for_write() const;

  /// Who has applied everything through `through` of `timeline`: a replica, in the own
  /// region if one does; else the primary. What is known of replicas is a second old, so
  /// one that is named has it, and one that is not may have it by now.
  /// @returns `errc::unreachable` while nothing is known
  caf::expected<routed_node> for_read(timeline_id timeline, lsn through) const;

  /// Who serves what is no older than `staleness_max`, counted with the age of what is
  /// known: a replica, in the own region if one does; else the primary. A budget below
  /// `refresh_every` mostly means the primary.
  /// @returns `errc::unreachable` while nothing is known
  caf::expected<routed_node> for_read(std::chrono::milliseconds staleness_max) const;

private:
  explicit topology_client(std::shared_ptr<detail::topology_core> core);
  std::shared_ptr<detail::topology_core> core_;
};

/// Asks the node at `where` for the topology: the primary for its own, a replica for what
/// it was told last. Blocks, at most `within`.
/// @returns `errc::unreachable` with the address and what to look at, `not_primary` from a
///   replica that was told nothing yet
caf::expected<topology> topology_of(caf::actor_system& system, const node_endpoint& where,
                                    std::chrono::milliseconds within);

} // namespace sluice
