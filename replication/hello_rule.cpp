#include "replication/hello_rule.hpp"

#include <optional>
#include <tuple>

namespace sluice::replication {

namespace {

using refusal = std::optional<hello_rejected>;

hello_rejected reject(hello_refusal reason, std::string text) {
  return {reason, std::move(text)};
}

refusal judge_form(const hello_facts& hello) {
  if (!is_valid_name(hello.node))
    return reject(hello_refusal::malformed, "the node name is not valid");
  if (!hello.region.empty() && !is_valid_name(hello.region))
    return reject(hello_refusal::malformed, hello.node + ": the region is not a valid name");
  if (!hello.cluster.empty() && !is_valid_name(hello.cluster))
    return reject(hello_refusal::malformed, hello.node + ": the cluster is not a valid name");
  if (hello.session.storage == storage_id{})
    return reject(hello_refusal::malformed, hello.node + ": there is no storage id");
  return std::nullopt;
}

refusal judge_protocol(const hello_facts& hello, const primary_facts& primary) {
  auto versions = hello.node + " speaks protocol " + std::to_string(hello.protocol)
                  + ", the primary " + std::to_string(primary.protocol_oldest) + " to "
                  + std::to_string(primary.protocol_newest);
  if (hello.protocol > primary.protocol_newest)
    return reject(hello_refusal::newer_protocol, versions + ": upgrade the primary");
  if (hello.protocol < primary.protocol_oldest)
    return reject(hello_refusal::older_protocol, versions + ": upgrade the replica");
  return std::nullopt;
}

refusal judge_primary(const hello_facts& hello, const primary_facts& primary) {
  if (hello.node == primary.node)
    return reject(hello_refusal::is_primary_itself,
                  "'" + hello.node + "' is the primary's own name");
  if (hello.session.storage == primary.storage)
    return reject(hello_refusal::is_primary_itself,
                  hello.node + ": its directory is a copy of the primary's; use an empty one");
  if (!hello.cluster.empty() && hello.cluster != primary.cluster)
    return reject(hello_refusal::wrong_cluster, hello.node + " belongs to cluster " + hello.cluster
                                                    + ", the primary " + primary.node + " to "
                                                    + primary.cluster);
  // Terms of different clusters don't compare, so a node without one deposes nobody.
  if (hello.term > primary.term && hello.cluster.empty())
    return reject(hello_refusal::malformed,
                  hello.node + ": it knows term " + to_string(hello.term) + " but no cluster");
  if (hello.term > primary.term)
    return reject(hello_refusal::fenced, hello.node + " knows term " + to_string(hello.term) + ", "
                                             + primary.node + " has term " + to_string(primary.term)
                                             + " and is no longer the primary");
  if (!primary.is_primary)
    return reject(hello_refusal::not_primary, primary.node + " is not the primary");
  return std::nullopt;
}

bool is_newer_session(const session_id& known, const session_id& from) {
  return std::tie(known.incarnation, known.sequence) < std::tie(from.incarnation, from.sequence);
}

/// Incarnations count the lives of one directory, so they say nothing between two: while
/// the known one is connected, another directory has to wait.
refusal judge_identity(const hello_facts& hello, const registered_replica& known) {
  auto name = "replica '" + hello.node + "'";
  if (hello.session.storage != known.session.storage) {
    if (known.connected)
      return reject(hello_refusal::duplicate_identity,
                    name + " is connected already with another directory");
    return std::nullopt;
  }
  if (is_newer_session(known.session, hello.session))
    return std::nullopt;
  if (known.connected)
    return reject(hello_refusal::duplicate_identity,
                  name + " is connected already with this or a later connection");
  return reject(hello_refusal::stale_session,
                name
                    + ": this is not its latest connection; if its directory was restored from "
                      "a copy, detach the replica and start it with an empty one");
}

replica_data compare_data(const hello_facts& hello, const registered_replica& known) {
  auto kept = hello.session.storage == known.session.storage && hello.flushed >= known.at.flushed;
  return kept ? replica_data::kept : replica_data::lost;
}

} // namespace

std::string to_string(hello_refusal reason) {
  switch (reason) {
  case hello_refusal::malformed: return "malformed";
  case hello_refusal::newer_protocol: return "newer_protocol";
  case hello_refusal::older_protocol: return "older_protocol";
  case hello_refusal::wrong_cluster: return "wrong_cluster";
  case hello_refusal::is_primary_itself: return "is_primary_itself";
  case hello_refusal::fenced: return "fenced";
  case hello_refusal::not_primary: return "not_primary";
  case hello_refusal::duplicate_identity: return "duplicate_identity";
  case hello_refusal::stale_session: return "stale_session";
  case hello_refusal::too_many_replicas: return "too_many_replicas";
  }
  return "unknown";
}

hello_verdict judge_hello(const hello_facts& hello, const primary_facts& primary,
                          const registered_replica* known, const registered_replica* same_storage) {
  if (auto refused = judge_form(hello))
    return *refused;
  if (auto refused = judge_protocol(hello, primary))
    return *refused;
  if (auto refused = judge_primary(hello, primary))
    return *refused;
  if (same_storage != nullptr)
    return reject(hello_refusal::duplicate_identity, hello.node + " has the directory of replica '"
                                                         + same_storage->id
                                                         + "'; use an empty one");
  if (known == nullptr && primary.replicas >= primary.replicas_max)
    return reject(hello_refusal::too_many_replicas,
                  "there are " + std::to_string(primary.replicas)
                      + " replicas already; detach one or raise the limit");
  if (known == nullptr)
    return hello_accepted{older_session::none, replica_data::fresh};
  if (auto refused = judge_identity(hello, *known))
    return *refused;
  return hello_accepted{known->connected ? older_session::end_it : older_session::none,
                        compare_data(hello, *known)};
}

} // namespace sluice::replication
