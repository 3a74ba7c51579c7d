#pragma once

#include <sluice/types.hpp>

#include <string>

namespace sluice::replication {

/// One branch of the history: where it left its parent, and who made it.
struct timeline_entry {
  timeline_id id;
  timeline_id parent;
  lsn fork_lsn;
  digest fork_digest;
  sluice::term term;
  std::string node;
  friend bool operator==(const timeline_entry&, const timeline_entry&) = default;
};

/// A node of the cluster, and where it was last reached.
struct known_node {
  std::string id;
  /// `host:port`
  std::string endpoint;
  friend bool operator==(const known_node&, const known_node&) = default;
};

} // namespace sluice::replication
