#pragma once

#include "replication/timeline_entry.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::messages {

/// What a primary tells a node that is to follow it, so that it can be voted for and be promoted
/// from then on; `welcome` says the same. A node that begins its log anew has nothing else to
/// know it from.
struct cluster_facts {
  std::vector<std::string> members;
  std::uint64_t members_version = 0;
  /// How the primary's timeline came about, oldest first; empty: not told.
  std::vector<replication::timeline_entry> timelines;
  /// The primary's default policy, as text; empty: not told.
  std::string policy;
  friend bool operator==(const cluster_facts&, const cluster_facts&) = default;
};

} // namespace sluice::messages
