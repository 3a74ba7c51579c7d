#include "replication/implies.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

/// Replicas that each node set of a policy holds for certain, the primary left out.
struct certain_replicas {
  std::size_t member_count;

  std::size_t operator()(const policy_local&) const { return 0; }
  std::size_t operator()(const policy_ack_n& asked) const { return asked.count; }
  std::size_t operator()(const policy_quorum&) const { return member_count / 2; }
  std::size_t operator()(const policy_regions& asked) const { return asked.names.size(); }
};

struct meets_floor {
  const commit_policy& asked;
  const members& declared;

  bool operator()(const policy_local&) const { return true; }

  bool operator()(const policy_ack_n& floor) const {
    return std::visit(certain_replicas{declared.size()}, asked) >= floor.count;
  }

  /// The majority of a single member is the primary alone.
  bool operator()(const policy_quorum&) const {
    return std::holds_alternative<policy_quorum>(asked) || declared.size() == 1;
  }

  bool operator()(const policy_regions& floor) const {
    const auto* regions = std::get_if<policy_regions>(&asked);
    return regions != nullptr
           && std::includes(regions->names.begin(), regions->names.end(), floor.names.begin(),
                            floor.names.end());
  }
};

} // namespace

bool implies(const commit_policy& asked, const commit_policy& floor, const members& declared) {
  return std::visit(meets_floor{asked, declared}, floor);
}

} // namespace sluice::replication
