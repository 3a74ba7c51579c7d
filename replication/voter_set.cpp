#include "replication/voter_set.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace sluice::replication {

namespace {

std::uint32_t narrow(std::size_t count) {
  return static_cast<std::uint32_t>(count);
}

std::optional<lsn> region_durable(const std::string& region, const voter_set& set) {
  std::optional<lsn> best;
  for (const auto& x : set.voters)
    if (x.valid && x.region == region)
      best = std::max(best.value_or(no_lsn), x.durable);
  return best;
}

/// The `count`-th highest position; a position of 0 vouches for nothing.
lsn nth_highest(std::vector<lsn> positions, std::size_t count, lsn primary_durable) {
  if (count == 0)
    return primary_durable;
  if (positions.size() < count)
    return no_lsn;
  auto nth = positions.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(positions.begin(), nth, positions.end(), std::greater<>{});
  return std::min(*nth, primary_durable);
}

/// Members that must have a record durable beside the primary.
std::size_t other_members_required(const voter_set& set) {
  return majority(set.declared.size()) - (set.declared.contains(set.self) ? 1 : 0);
}

bool is_other_member(const voter& x, const voter_set& set) {
  return x.id != set.self && set.declared.contains(x.id);
}

struct watermark_of {
  const voter_set& set;

  lsn operator()(const policy_local&) const { return set.primary_durable; }

  lsn operator()(const policy_ack_n& policy) const {
    std::vector<lsn> positions;
    for (const auto& x : set.voters)
      if (x.valid)
        positions.push_back(x.durable);
    return nth_highest(std::move(positions), policy.count, set.primary_durable);
  }

  lsn operator()(const policy_quorum&) const {
    if (set.declared.empty())
      return no_lsn;
    std::vector<lsn> positions;
    for (const auto& x : set.voters)
      if (x.valid && is_other_member(x, set))
        positions.push_back(x.durable);
    return nth_highest(std::move(positions), other_members_required(set), set.primary_durable);
  }

  lsn operator()(const policy_regions& policy) const {
    auto result = set.primary_durable;
    for (const auto& name : policy.names)
      result = std::min(result, region_durable(name, set).value_or(no_lsn));
    return result;
  }
};

struct feasibility_of {
  const voter_set& set;

  feasibility operator()(const policy_local&) const { return possible{}; }

  feasibility operator()(const policy_ack_n& policy) const {
    auto valid =
        std::count_if(set.voters.begin(), set.voters.end(), [](const voter& x) { return x.valid; });
    auto registered = static_cast<std::uint32_t>(valid);
    if (registered < policy.count)
      return insufficient_replicas{policy.count, registered};
    return possible{};
  }

  feasibility operator()(const policy_quorum&) const {
    if (set.declared.empty())
      return unsupported_policy{"quorum needs declared members"};
    return possible{};
  }

  feasibility operator()(const policy_regions& policy) const {
    missing_regions missing;
    for (const auto& name : policy.names)
      if (!region_durable(name, set))
        missing.names.push_back(name);
    if (missing.names.empty())
      return possible{};
    return missing;
  }
};

struct laggard {
  lsn durable;
  std::string name;
  friend auto operator<=>(const laggard&, const laggard&) = default;
};

std::vector<std::string> furthest_behind(std::vector<laggard> laggards) {
  std::sort(laggards.begin(), laggards.end());
  std::vector<std::string> names;
  for (auto& x : laggards) {
    if (names.size() == missing_names_max)
      break;
    names.push_back(std::move(x.name));
  }
  return names;
}

struct count_votes {
  const voter_set& set;
  lsn through;

  vote_count operator()(const policy_local&) const {
    if (set.primary_durable >= through)
      return {1, 1, {}};
    return {0, 1, {set.self}};
  }

  vote_count operator()(const policy_ack_n& policy) const {
    std::size_t durable = 0;
    std::vector<laggard> behind;
    for (const auto& x : set.voters) {
      if (x.valid && x.durable >= through)
        ++durable;
      else if (x.valid)
        behind.push_back({x.durable, x.id});
    }
    return {narrow(durable), policy.count, furthest_behind(std::move(behind))};
  }

  vote_count operator()(const policy_quorum&) const {
    std::size_t durable = 0;
    std::vector<laggard> behind;
    for (const auto& name : set.declared.names()) {
      auto position = member_durable(name);
      if (position >= through)
        ++durable;
      else
        behind.push_back({position, name});
    }
    return {narrow(durable), narrow(majority(set.declared.size())),
            furthest_behind(std::move(behind))};
  }

  vote_count operator()(const policy_regions& policy) const {
    std::size_t durable = 0;
    std::vector<laggard> behind;
    for (const auto& name : policy.names) {
      auto position = region_durable(name, set).value_or(no_lsn);
      if (position >= through)
        ++durable;
      else
        behind.push_back({position, name});
    }
    return {narrow(durable), narrow(policy.names.size()), furthest_behind(std::move(behind))};
  }

  lsn member_durable(const std::string& name) const {
    if (name == set.self)
      return set.primary_durable;
    for (const auto& x : set.voters)
      if (x.id == name)
        return x.valid ? x.durable : no_lsn;
    return no_lsn;
  }
};

struct required_of {
  std::size_t member_count;

  std::uint32_t operator()(const policy_local&) const { return 1; }
  std::uint32_t operator()(const policy_ack_n& policy) const { return policy.count; }
  std::uint32_t operator()(const policy_quorum&) const { return narrow(majority(member_count)); }
  std::uint32_t operator()(const policy_regions& policy) const {
    return narrow(policy.names.size());
  }
};

} // namespace

std::uint32_t required_nodes(const commit_policy& policy, const members& declared) {
  return std::visit(required_of{declared.size()}, policy);
}

lsn watermark(const commit_policy& policy, const voter_set& set) {
  return std::visit(watermark_of{set}, policy);
}

feasibility can_succeed(const commit_policy& policy, const voter_set& set) {
  return std::visit(feasibility_of{set}, policy);
}

vote_count missing_for(const commit_policy& policy, lsn through, const voter_set& set) {
  return std::visit(count_votes{set, through}, policy);
}

} // namespace sluice::replication
