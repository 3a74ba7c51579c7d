#include "actors/hello_reading.hpp"

namespace sluice::actors {

namespace rules = sluice::replication;

errc code_for(rules::hello_refusal reason) {
  switch (reason) {
  case rules::hello_refusal::malformed: return errc::malformed;
  case rules::hello_refusal::newer_protocol: return errc::newer_protocol;
  case rules::hello_refusal::older_protocol: return errc::unsupported;
  case rules::hello_refusal::wrong_cluster: return errc::wrong_cluster;
  case rules::hello_refusal::is_primary_itself: return errc::duplicate_identity;
  case rules::hello_refusal::fenced: return errc::fenced;
  case rules::hello_refusal::not_primary: return errc::not_primary;
  case rules::hello_refusal::duplicate_identity: return errc::duplicate_identity;
  case rules::hello_refusal::stale_session: return errc::duplicate_identity;
  case rules::hello_refusal::too_many_replicas: return errc::overloaded;
  }
  return errc::malformed;
}

errc code_for(rules::resume_refusal reason) {
  return reason == rules::resume_refusal::needs_snapshot ? errc::pruned : errc::diverged;
}

rules::session_id session_of(const messages::node_identity& who) {
  return {who.storage, who.incarnation, who.sequence};
}

rules::hello_facts facts_of(const messages::hello& x) {
  auto content = x.is_log_only   ? rules::replica_content::log_only
                 : x.can_install ? rules::replica_content::replaceable_state
                                 : rules::replica_content::applied_state;
  return {x.cluster,  x.identity.node, x.region,  x.endpoint, session_of(x.identity),
          x.protocol, x.term,          x.flushed, content};
}

bool is_proven(const messages::hello& x) {
  return x.flushed == no_lsn || (!x.history.empty() && x.history.back().lsn == x.flushed);
}

errc code_of_reading(const caf::error& why) {
  return code_of(why) == errc::corruption ? errc::corruption : errc::io_error;
}

digest agreed_digest_of(const messages::register_replica& request) {
  lsn agreed;
  if (const auto* differs = std::get_if<rules::history_differs>(&request.match))
    agreed = differs->agreed_through;
  if (const auto* unknown = std::get_if<rules::position_unknown>(&request.match))
    agreed = unknown->agreed_through;
  for (const auto& point : request.from.history)
    if (point.lsn == agreed)
      return point.digest;
  return {};
}

} // namespace sluice::actors
