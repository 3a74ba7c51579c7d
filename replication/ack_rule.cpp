#include "replication/ack_rule.hpp"

#include <optional>
#include <tuple>

namespace sluice::replication {

namespace {

std::optional<ack_refusal> judge_session(const session_id& known, const session_id& from) {
  if (from.storage != known.storage)
    return ack_refusal::other_storage;
  auto known_life = std::tie(known.incarnation, known.sequence);
  auto life = std::tie(from.incarnation, from.sequence);
  if (life < known_life)
    return ack_refusal::stale_incarnation;
  if (known_life < life)
    return ack_refusal::unannounced_session;
  return std::nullopt;
}

std::optional<ack_refusal> judge_history(const ack_facts& ack, const ack_context& current) {
  if (ack.term > current.term)
    return ack_refusal::newer_term;
  if (ack.term < current.term)
    return ack_refusal::older_term;
  if (ack.timeline != current.timeline)
    return ack_refusal::other_timeline;
  return std::nullopt;
}

std::optional<ack_refusal> judge_positions(const positions& at, lsn primary_durable) {
  if (!is_ordered(at))
    return ack_refusal::not_ordered;
  // A replica is sent nothing that the primary has not made durable.
  if (at.received > primary_durable)
    return ack_refusal::past_durable;
  return std::nullopt;
}

} // namespace

std::string to_string(ack_refusal reason) {
  switch (reason) {
  case ack_refusal::unknown_replica: return "unknown_replica";
  case ack_refusal::other_storage: return "other_storage";
  case ack_refusal::stale_incarnation: return "stale_incarnation";
  case ack_refusal::unannounced_session: return "unannounced_session";
  case ack_refusal::older_term: return "older_term";
  case ack_refusal::newer_term: return "newer_term";
  case ack_refusal::other_timeline: return "other_timeline";
  case ack_refusal::not_ordered: return "not_ordered";
  case ack_refusal::past_durable: return "past_durable";
  case ack_refusal::invalid_slot: return "invalid_slot";
  }
  return "unknown";
}

ack_verdict judge_ack(const registered_replica* known, const ack_facts& ack,
                      const ack_context& current) {
  if (!known)
    return ack_dropped{ack_refusal::unknown_replica};
  if (auto refusal = judge_session(known->session, ack.session))
    return ack_dropped{*refusal};
  if (auto refusal = judge_history(ack, current))
    return ack_dropped{*refusal};
  if (auto refusal = judge_positions(ack.at, current.primary_durable))
    return ack_dropped{*refusal};
  if (!known->slot_valid)
    return ack_dropped{ack_refusal::invalid_slot};
  return ack_accepted{furthest(known->at, ack.at)};
}

} // namespace sluice::replication
