#pragma once

#include "replication/positions.hpp"
#include "replication/replica.hpp"

#include <string>
#include <variant>

namespace sluice::replication {

/// What a replica says it has, and as whom and of which history it says so.
struct ack_facts {
  std::string id;
  session_id session;
  sluice::term term;
  timeline_id timeline;
  positions at;
};

/// What an ack is held against.
struct ack_context {
  sluice::term term;
  timeline_id timeline;
  lsn primary_durable;
};

/// The replica's positions from now on: they never go back.
struct ack_accepted {
  positions at;
  friend bool operator==(const ack_accepted&, const ack_accepted&) = default;
};

struct ack_dropped {
  ack_refusal reason = ack_refusal::unknown_replica;
  friend bool operator==(const ack_dropped&, const ack_dropped&) = default;
};

using ack_verdict = std::variant<ack_accepted, ack_dropped>;

/// Whether an ack counts. Nothing of a dropped ack may be used, except that `newer_term`
/// says that this primary has been deposed. `known` is null for an id that never joined.
ack_verdict judge_ack(const registered_replica* known, const ack_facts& ack,
                      const ack_context& current);

} // namespace sluice::replication
