#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include <caf/expected.hpp>

namespace sluice {

/// Durable on the primary.
struct policy_local {
  friend auto operator<=>(const policy_local&, const policy_local&) = default;
};

/// Durable on the primary and on `count` registered replicas; `count` ≥ 1.
struct policy_ack_n {
  std::uint32_t count = 1;
  friend auto operator<=>(const policy_ack_n&, const policy_ack_n&) = default;
};

/// Durable on a majority of the declared voting members, the primary one of them.
struct policy_quorum {
  friend auto operator<=>(const policy_quorum&, const policy_quorum&) = default;
};

/// Durable on the primary and on a replica in each of `names`; never empty.
struct policy_regions {
  std::set<std::string> names;
  friend auto operator<=>(const policy_regions&, const policy_regions&) = default;
};

/// What must be durable where before a commit is answered. A bad text is refused, never
/// weakened. `remote_wal` is known and refused as unsupported until there is an archive.
using commit_policy = std::variant<policy_local, policy_ack_n, policy_quorum, policy_regions>;

/// Reads `local`, `ack_n=N`, `quorum` or `regions=a,b`.
/// @returns `errc::invalid_argument` with the reason, or `errc::unsupported`.
caf::expected<commit_policy> parse_policy(std::string_view text);

std::string to_string(const commit_policy& policy);

} // namespace sluice
