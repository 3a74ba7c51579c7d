#pragma once

#include "persistence/node_state.hpp"
#include "replication/ancestry.hpp"
#include "replication/members.hpp"

#include <sluice/node_config.hpp>

#include <caf/expected.hpp>

#include <spdlog/fwd.h>

#include <optional>
#include <vector>

namespace sluice::actors {

/// What a directory that is opened anew is given.
struct new_directory {
  storage_id storage;
  /// For a primary whose cluster nobody named.
  std::string cluster;
};

/// The state under which a node opens its directory: the remembered one with the next
/// incarnation, or a first one. What a directory remembers is never changed by opening it.
/// @returns `errc::wrong_role`, `wrong_cluster`, `invalid_argument` with what to do; `corruption`
///   when a primary's timelines are none that promotions make
caf::expected<persistence::node_state>
state_to_open(const std::optional<persistence::node_state>& remembered, persistence::node_role role,
              const node_config& config, const replication::members& declared,
              const new_directory& fresh);

/// The timelines that a primary's directory remembers, as the rules take them.
std::vector<replication::timeline_fork> timelines_of(const persistence::node_state& state);

/// What the command line asks for, else what was last set on the running node. Warns when both
/// are there and differ.
caf::expected<commit_policy> policy_to_open(const persistence::node_state& remembered,
                                            const primary_config& config, spdlog::logger& log);

} // namespace sluice::actors
