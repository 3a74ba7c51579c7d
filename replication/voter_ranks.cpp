#include "replication/voter_ranks.hpp"

#include <algorithm>

namespace sluice::replication {

struct voter_ranks::watermark_of {
  const voter_ranks& ranks;

  lsn operator()(const policy_local&) const { return ranks.primary_durable_; }

  lsn operator()(const policy_ack_n& policy) const {
    return std::min(ranks.all_.nth_highest(policy.count), ranks.primary_durable_);
  }

  lsn operator()(const policy_quorum&) const {
    if (ranks.declared_.empty())
      return no_lsn;
    auto others = ranks.other_members_required();
    if (others == 0)
      return ranks.primary_durable_;
    auto reached = ranks.member_ranks_.nth_highest(others);
    return reached < ranks.term_start_ ? no_lsn : std::min(reached, ranks.primary_durable_);
  }

  lsn operator()(const policy_regions& policy) const {
    auto result = ranks.primary_durable_;
    for (const auto& name : policy.names)
      result = std::min(result, ranks.region_durable(name));
    return result;
  }
};

struct voter_ranks::feasibility_of {
  const voter_ranks& ranks;

  feasibility operator()(const policy_local&) const { return possible{}; }

  feasibility operator()(const policy_ack_n& policy) const {
    if (ranks.all_.size() < policy.count)
      return insufficient_replicas{policy.count, static_cast<std::uint32_t>(ranks.all_.size())};
    return possible{};
  }

  feasibility operator()(const policy_quorum& policy) const {
    return sluice::replication::can_succeed(policy, {{}, {}, ranks.declared_, ranks.self_});
  }

  feasibility operator()(const policy_regions& policy) const {
    missing_regions missing;
    for (const auto& name : policy.names)
      if (!ranks.regions_.contains(name))
        missing.names.push_back(name);
    if (missing.names.empty())
      return possible{};
    return missing;
  }
};

struct voter_ranks::count_of {
  const voter_ranks& ranks;
  lsn through;

  vote_count operator()(const policy_local& policy) const {
    return sluice::replication::missing_for(policy, through,
                                            {{}, ranks.primary_durable_, {}, ranks.self_});
  }

  vote_count operator()(const policy_ack_n& policy) const {
    return {static_cast<std::uint32_t>(ranks.all_.count_from(through)), policy.count,
            ranks.all_.names_below(through, missing_names_max)};
  }

  /// Members are few: a plain set of them is counted by the plain rule.
  vote_count operator()(const policy_quorum& policy) const {
    voter_set set{{}, ranks.primary_durable_, ranks.declared_, ranks.self_};
    for (const auto& name : ranks.declared_.names())
      if (name != ranks.self_)
        set.voters.push_back({name, {}, ranks.member_durable(name), true});
    return sluice::replication::missing_for(policy, through, set);
  }

  /// So are the regions of a policy; each is represented by its best replica.
  vote_count operator()(const policy_regions& policy) const {
    voter_set set;
    for (const auto& name : policy.names)
      set.voters.push_back({name, name, ranks.region_durable(name), true});
    return sluice::replication::missing_for(policy, through, set);
  }
};

voter_ranks::voter_ranks(members declared, std::string self)
    : declared_(std::move(declared)), self_(std::move(self)) {}

void voter_ranks::set(const voter& x) {
  remove(x.id);
  auto [position, inserted] = voters_.insert_or_assign(x.id, state{x.region, x.durable, x.valid});
  count(position->first, position->second);
}

void voter_ranks::remove(std::string_view id) {
  auto position = voters_.find(id);
  if (position == voters_.end())
    return;
  uncount(position->first, position->second);
  voters_.erase(position);
}

void voter_ranks::set_members(members declared) {
  for (const auto& [id, x] : voters_)
    uncount(id, x);
  declared_ = std::move(declared);
  for (const auto& [id, x] : voters_)
    count(id, x);
}

void voter_ranks::set_primary_durable(lsn durable) {
  primary_durable_ = std::max(primary_durable_, durable);
}

voter_ranks::move voter_ranks::raise(std::string_view id, lsn durable) {
  auto position = voters_.find(id);
  if (position == voters_.end() || position->second.durable >= durable)
    return {};
  const auto& name = position->first;
  auto& x = position->second;
  if (!x.valid) {
    x.durable = durable;
    return {};
  }
  auto last_rank = all_.rank_of(x.durable, name);
  uncount(name, x);
  x.durable = durable;
  count(name, x);
  // Moving one entry from last_rank up to first_rank shifts only what lies between.
  auto first_rank = all_.rank_of(durable, name);
  return {true, is_other_member(name), x.region, first_rank, last_rank};
}

lsn voter_ranks::watermark(const commit_policy& policy) const {
  return std::visit(watermark_of{*this}, policy);
}

feasibility voter_ranks::can_succeed(const commit_policy& policy) const {
  return std::visit(feasibility_of{*this}, policy);
}

vote_count voter_ranks::missing_for(const commit_policy& policy, lsn through) const {
  return std::visit(count_of{*this, through}, policy);
}

bool voter_ranks::is_other_member(std::string_view id) const {
  return id != self_ && declared_.contains(id);
}

std::size_t voter_ranks::other_members_required() const {
  return majority(declared_.size()) - (declared_.contains(self_) ? 1 : 0);
}

lsn voter_ranks::member_durable(const std::string& name) const {
  auto position = voters_.find(name);
  auto counts = position != voters_.end() && position->second.valid
                && position->second.durable >= term_start_;
  return counts ? position->second.durable : no_lsn;
}

lsn voter_ranks::region_durable(const std::string& name) const {
  auto position = regions_.find(name);
  return position == regions_.end() ? no_lsn : position->second.nth_highest(1);
}

void voter_ranks::count(const std::string& id, const state& x) {
  if (!x.valid)
    return;
  all_.insert(x.durable, id);
  regions_[x.region].insert(x.durable, id);
  if (is_other_member(id))
    member_ranks_.insert(x.durable, id);
}

void voter_ranks::uncount(const std::string& id, const state& x) {
  if (!x.valid)
    return;
  all_.erase(x.durable, id);
  if (is_other_member(id))
    member_ranks_.erase(x.durable, id);
  auto region = regions_.find(x.region);
  region->second.erase(x.durable, id);
  if (region->second.size() == 0)
    regions_.erase(region);
}

} // namespace sluice::replication
