#pragma once

#include "replication/members.hpp"
#include "replication/voter_set.hpp"

#include <sluice/append.hpp>
#include <sluice/outcome.hpp>

#include <optional>

namespace sluice::actors {

/// What the writer holds an append's policy against.
struct admission_facts {
  commit_policy floor;
  /// The voters as the writer last saw them: enough to refuse early what is hopeless. The
  /// coordinator, which owns them, decides the commit itself.
  replication::voter_set last_seen_voters;
};

/// The policy under which the append will be answered.
const commit_policy& policy_of(const append_options& options, const admission_facts& facts);

/// Why the append must not be written under its policy; none when it may.
std::optional<append_failed> refuse_policy(const append_options& options,
                                           const admission_facts& facts);

} // namespace sluice::actors
