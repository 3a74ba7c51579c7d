#include "actors/append_admission.hpp"

#include "replication/implies.hpp"

namespace sluice::actors {

namespace {

struct refusal_text {
  std::optional<append_failed> operator()(const replication::possible&) const { return {}; }

  std::optional<append_failed> operator()(const replication::insufficient_replicas& x) const {
    return append_failed{errc::insufficient_replicas,
                         "the policy needs " + std::to_string(x.required) + " replicas, "
                             + std::to_string(x.registered)
                             + " are registered; nothing was written",
                         {}};
  }

  std::optional<append_failed> operator()(const replication::missing_regions& x) const {
    std::string names;
    for (const auto& name : x.names)
      names += (names.empty() ? "" : ", ") + name;
    return append_failed{errc::missing_regions,
                         "no replica is registered in " + names + "; nothing was written",
                         {}};
  }

  std::optional<append_failed> operator()(const replication::unsupported_policy& x) const {
    return append_failed{errc::unsupported, x.why, {}};
  }
};

} // namespace

const commit_policy& policy_of(const append_options& options, const admission_facts& facts) {
  return options.policy ? *options.policy : facts.floor;
}

std::optional<append_failed> refuse_policy(const append_options& options,
                                           const admission_facts& facts) {
  const auto& declared = facts.last_seen_voters.declared;
  const auto& policy = policy_of(options, facts);
  if (std::holds_alternative<policy_quorum>(policy) && declared.empty())
    return append_failed{
        errc::below_floor, "quorum needs declared members; start the primary with --members", {}};
  if (!replication::implies(policy, facts.floor, declared))
    return append_failed{errc::below_floor,
                         "policy " + to_string(policy) + " does not imply the node's default, "
                             + to_string(facts.floor),
                         {}};
  return std::visit(refusal_text{}, replication::can_succeed(policy, facts.last_seen_voters));
}

} // namespace sluice::actors
