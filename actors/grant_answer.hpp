#pragma once

#include "messages/wire.hpp"
#include "persistence/node_state.hpp"
#include "replication/confirm_rule.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a node of either role says to a candidate.
namespace sluice::actors {

/// By what a node is compared with others whose log is durable through `durable`.
replication::history_end end_of(const persistence::node_state& state, lsn durable);

messages::grant_reply grant_of(const persistence::node_state& state,
                               const replication::history_end& end);

messages::grant_reply refused_grant(const persistence::node_state& state,
                                    const replication::history_end& end, errc code,
                                    std::string reason);

/// Why `asked` is not granted; none when it is.
std::optional<messages::grant_reply> judge_grant(const messages::grant_request& asked,
                                                 const persistence::node_state& state,
                                                 const replication::history_end& end);

/// Puts `node` in its place among `nodes`, by id, instead of what was known of it; not this
/// node itself, nor one that tells no address.
void with_node(std::vector<replication::known_node>& nodes, replication::known_node node,
               const std::string& self);

} // namespace sluice::actors
