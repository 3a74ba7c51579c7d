#pragma once

#include <sluice/types.hpp>

#include <algorithm>

namespace sluice::replication {

/// How far a replica is. Every writer of this holds received ≥ flushed ≥ applied.
struct positions {
  lsn received;
  lsn flushed;
  lsn applied;
  friend bool operator==(const positions&, const positions&) = default;
};

constexpr bool is_ordered(const positions& x) {
  return x.received >= x.flushed && x.flushed >= x.applied;
}

/// The furthest of both, field by field; ordered when both are.
constexpr positions furthest(const positions& a, const positions& b) {
  return {std::max(a.received, b.received), std::max(a.flushed, b.flushed),
          std::max(a.applied, b.applied)};
}

} // namespace sluice::replication
