#pragma once

#include "replication/monotonic_time.hpp"
#include "replication/positions.hpp"
#include "replication/resume_rule.hpp"

#include <sluice/types.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace sluice::replication {

/// Why an ack was dropped; each is counted for each replica.
enum class ack_refusal : std::uint8_t {
  unknown_replica,
  /// From a directory that the registered replica no longer has.
  other_storage,
  /// From an earlier life or an earlier connection of the replica.
  stale_incarnation,
  /// From a life or connection that never said hello here.
  unannounced_session,
  older_term,
  /// A newer term exists: this primary has been deposed.
  newer_term,
  other_timeline,
  /// received ≥ flushed ≥ applied does not hold.
  not_ordered,
  /// Above what the primary itself has durable.
  past_durable,
  invalid_slot,
};

inline constexpr std::size_t ack_refusal_count = 10;

/// `past_durable`
std::string to_string(ack_refusal reason);

/// Who connects: a directory, one life of it, one connection of that life.
struct session_id {
  storage_id storage;
  sluice::incarnation incarnation;
  connect_sequence sequence;
  friend bool operator==(const session_id&, const session_id&) = default;
};

/// What the primary knows of a replica that has joined it. Owned by the registry.
struct registered_replica {
  std::string id;
  std::string region;
  std::string endpoint;
  session_id session;
  bool connected = false;
  bool slot_valid = true;
  /// It was told to begin its log anew, and has not caught up with that moment.
  bool rebootstrapping = false;
  /// As its last hello said.
  replica_content content = replica_content::applied_state;
  /// Last LSN that was sent to it.
  lsn sent;
  /// What it acked; 0 until the first ack, whatever its hello claimed.
  positions at;
  /// After it lost data: it votes once it has flushed through here again.
  lsn votes_from;
  monotonic_ns connected_at;
  monotonic_ns last_seen;
  std::uint64_t reconnects = 0;
  std::uint64_t apply_errors = 0;
  std::uint64_t divergences = 0;
  std::uint64_t data_losses = 0;
  /// Indexed by `ack_refusal`.
  std::array<std::uint64_t, ack_refusal_count> refused_acks{};
  friend bool operator==(const registered_replica&, const registered_replica&) = default;
};

/// Whether what it has durable counts for commits.
constexpr bool may_vote(bool slot_valid, lsn flushed, lsn votes_from) {
  return slot_valid && flushed >= votes_from;
}

} // namespace sluice::replication
