#pragma once

#include "replication/ack_rule.hpp"
#include "replication/hello_rule.hpp"
#include "replication/voter_set.hpp"

#include <sluice/commit_policy.hpp>

#include <string>
#include <vector>

namespace sluice::replication::testing {

inline members members_of(const std::string& text) {
  return *parse_members(text);
}

inline commit_policy policy_of(const std::string& text) {
  return *parse_policy(text);
}

inline voter voter_at(const std::string& id, std::uint64_t durable, const std::string& region = "",
                      bool valid = true) {
  return {id, region, lsn{durable}, valid};
}

/// Voters under primary `p`, which has everything through `primary_durable`.
inline voter_set voters_of(std::vector<voter> voters, std::uint64_t primary_durable,
                           const std::string& declared = "") {
  return {std::move(voters), lsn{primary_durable}, members_of(declared), "p"};
}

inline session_id session_of(std::uint64_t storage, std::uint64_t life = 1,
                             std::uint64_t sequence = 1) {
  return {storage_id{storage}, incarnation{life}, connect_sequence{sequence}};
}

inline positions positions_at(std::uint64_t received, std::uint64_t flushed,
                              std::uint64_t applied) {
  return {lsn{received}, lsn{flushed}, lsn{applied}};
}

/// Replica `r1` of cluster `c1` with directory 7, in its first life.
inline hello_facts hello_of(const std::string& node = "r1", session_id session = session_of(7)) {
  return {"c1", node, "", node + ":4150", session, 1, term{3}, lsn{0}};
}

/// Primary `p` of cluster `c1` in term 3.
inline primary_facts primary_of_c1() {
  return {"c1", "p", storage_id{1}, term{3}, true, 1, 1, 0, 10};
}

inline registered_replica registered(const std::string& id = "r1",
                                     session_id session = session_of(7)) {
  registered_replica replica;
  replica.id = id;
  replica.session = session;
  replica.connected = true;
  return replica;
}

/// An ack of `r1` in term 3, timeline 1.
inline ack_facts ack_of(positions at, const std::string& id = "r1",
                        session_id session = session_of(7)) {
  return {id, session, term{3}, timeline_id{1}, at};
}

} // namespace sluice::replication::testing
