#pragma once

#include "replication/timeline_entry.hpp"

#include <sluice/topology.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace sluice::replication {

/// What a topology that was offered is to one that knows another.
enum class topology_news : std::uint8_t {
  /// A higher epoch, or the first: it is taken.
  newer,
  /// The same epoch, measured later: its positions and lags are taken.
  measured,
  /// Known already, or overtaken.
  stale,
  other_cluster,
};

/// @param known null when nothing is known
topology_news judge_topology(const topology* known, const topology& offered);

/// Everybody whom it says how to reach, the primary first.
std::vector<known_node> nodes_of(const topology& of);

/// What a read needs of whoever serves it.
struct applied_through {
  timeline_id timeline;
  lsn through;
};
struct fresh_within {
  std::chrono::milliseconds staleness_max{0};
};
using read_need = std::variant<applied_through, fresh_within>;

/// Where a request goes. An empty endpoint of the primary is where it was asked.
struct routed_to {
  std::string id;
  std::string endpoint;
  bool is_primary = true;
  friend bool operator==(const routed_to&, const routed_to&) = default;
};

routed_to route_write(const topology& known);

/// Who knows the topology, and since when.
struct read_caller {
  /// Preferred; empty for none.
  std::string region;
  /// How long ago the topology was told; what it says of lags is so much older by now.
  std::chrono::nanoseconds topology_age{0};
  /// Spreads reads over those that fit equally.
  std::uint64_t turn = 0;
};

/// A replica that surely meets the need, in the caller's region if one does; else the
/// primary. A position counts on its own timeline only.
routed_to route_read(const topology& known, const read_need& need, const read_caller& caller);

} // namespace sluice::replication
