#pragma once

#include "messages/interfaces.hpp"
#include "net/dialer.hpp"
#include "replication/monotonic_time.hpp"
#include "replication/promote_rule.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace sluice::net {

/// One node that a promotion asked, and what it said.
struct asked_node {
  replication::known_node node;
  messages::node_gate_actor gate;
  /// Of its own, for another one may not answer.
  dialer through;
  std::optional<messages::grant_reply> reply;
  /// Why there is no reply.
  std::string trouble;
};

/// A line for each node, the candidate first: where it ends, and whether it may be promoted
/// as things are: only one of the members where there are any.
std::string plan_text(const messages::candidacy& own, const replication::members& declared,
                      const std::string& endpoint, const std::map<std::string, asked_node>& asked);

/// A decimal LSN; 0 of an empty text, none of what is no number.
std::optional<lsn> parse_lsn(const std::string& text);

/// From whom the log was handed over, and for how long its writers waited until now.
std::string handed_over_text(const std::string& from, replication::monotonic_ns paused_at,
                             replication::monotonic_ns now);

/// Why it was refused, for a person.
std::pair<errc, std::string> refusal_of(const replication::promotion_verdict& verdict,
                                        const std::string& candidate);

/// What a promotion leaves behind, and who did not answer: what that node took last may be
/// lost. Empty when nothing is known to be.
std::string said_of(const replication::promotion_won& won,
                    const std::map<std::string, asked_node>& asked);

} // namespace sluice::net
