#pragma once

#include "messages/cluster_facts.hpp"
#include "replication/timeline_entry.hpp"

#include <sluice/append.hpp>
#include <sluice/bookmark.hpp>
#include <sluice/frame_batch.hpp>
#include <sluice/outcome.hpp>
#include <sluice/record.hpp>
#include <sluice/status.hpp>
#include <sluice/topology.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The messages that cross from node to node. Each has a protobuf twin in wire.proto and
/// is encoded by codec.cpp. A message that could not be decoded arrives with
/// `well_formed == false` and nothing else in it, so that it can be answered.
namespace sluice::messages {

/// Raised when an older node could misunderstand a newer one. A peer that announces more
/// is refused as `newer_protocol`.
inline constexpr std::uint32_t protocol_version = 1;

/// Bounds a message's claimed size before anything is allocated for it.
inline constexpr std::uint64_t message_bytes_max = 96ull * 1024 * 1024;
/// Of a producer table.
inline constexpr std::uint64_t producers_bytes_max = 8ull * 1024 * 1024;

/// Decision 7: who speaks. Positions only grow within one storage id.
struct node_identity {
  std::string node;
  storage_id storage;
  sluice::incarnation incarnation;
  connect_sequence sequence;
  friend bool operator==(const node_identity&, const node_identity&) = default;
};

/// The digest of the sender's history through an LSN at which a batch ends.
struct history_point {
  sluice::lsn lsn;
  sluice::digest digest;
  friend bool operator==(const history_point&, const history_point&) = default;
};

/// A replica asks the node's gate to be streamed to.
struct hello {
  bool well_formed = true;
  std::uint32_t protocol = protocol_version;
  /// Empty for a replica that has not met its primary yet.
  std::string cluster;
  node_identity identity;
  sluice::term term;
  timeline_id timeline;
  /// With `flushed`: its `replication::history_end`.
  sluice::term last_term;
  lsn flushed;
  std::vector<history_point> history;
  std::string region;
  std::string endpoint;
  /// Nothing was built from its log: it may be told to begin it anew.
  bool is_log_only = false;
  /// It can take a snapshot of the state.
  bool can_install = false;
  /// Its state is of another history than its log: nothing but a snapshot helps.
  bool wants_snapshot = false;
  friend bool operator==(const hello&, const hello&) = default;
};

/// The replica's session accepts it: the stream begins after `resume_after`.
struct welcome {
  bool well_formed = true;
  std::uint32_t protocol = protocol_version;
  std::string cluster;
  std::string primary;
  sluice::term term;
  timeline_id timeline;
  /// That of the hello which it answers.
  connect_sequence sequence;
  lsn resume_after;
  digest resume_digest;
  std::vector<std::string> members;
  std::uint64_t members_version = 0;
  lsn durable;
  lsn commit;
  /// How the primary's timeline came about, oldest first: a replica that is promoted goes
  /// on from there.
  std::vector<replication::timeline_entry> timelines = {};
  /// The primary's default policy, as text; kept for a promotion.
  std::string policy = {};
  friend bool operator==(const welcome&, const welcome&) = default;
};

/// The gate refuses a hello, or a session ends; the reason is for a person.
struct rejected {
  bool well_formed = true;
  errc code = errc::ok;
  std::string reason;
  connect_sequence sequence;
  sluice::term term;
  /// With `not_primary`: where the primary was last seen; empty when that is not known.
  std::string primary_endpoint = {};
  friend bool operator==(const rejected&, const rejected&) = default;
};

/// The gate tells a replica whose next record is pruned to give up its log and to begin a
/// new one at `start`, then to say hello again (decision 12).
struct rebootstrap {
  bool well_formed = true;
  std::string cluster;
  sluice::term term;
  timeline_id timeline;
  /// That of the hello which it answers.
  connect_sequence sequence;
  lsn start;
  /// Of the history before `start`.
  digest before;
  /// `horizon`, `idle_timeout`, `disk_pressure` or `wal_removed`; for a person.
  std::string cause;
  /// Of the last record before `start`: where the new log ends until it has one of its own.
  sluice::term last_term = {};
  cluster_facts facts = {};
  /// What producers appended before `start`: a producer table (docs/FORMAT.md, "Index") of at most
  /// `producers_bytes_max`; empty: not known.
  std::string producers = {};
  friend bool operator==(const rebootstrap&, const rebootstrap&) = default;
};

/// The gate tells a replica whose history left the primary's behind `through` to put the rest of
/// its log aside, to cut it there, and to say hello again.
struct rewind {
  bool well_formed = true;
  std::string cluster;
  sluice::term term;
  /// That of the hello which it answers.
  connect_sequence sequence;
  lsn through;
  /// Of the history through it; the replica's own is the same, or it refuses.
  digest at;
  /// They part at this LSN at the latest; 0: right behind `through`. Between, the replica may say
  /// more before it cuts anything.
  lsn parted_at = {};
  friend bool operator==(const rewind&, const rewind&) = default;
};

/// A replica's positions, cumulative. @invariant received >= flushed >= applied
struct replica_ack {
  bool well_formed = true;
  node_identity identity;
  sluice::term term;
  timeline_id timeline;
  lsn received;
  lsn flushed;
  lsn applied;
  std::uint64_t apply_errors = 0;
  std::uint64_t divergences = 0;
  friend bool operator==(const replica_ack&, const replica_ack&) = default;
};

/// What every message of a session to its replica carries.
struct stream_header {
  sluice::term term;
  timeline_id timeline;
  connect_sequence sequence;
  lsn durable;
  lsn commit;
  timestamp_ms clock;
  /// The first LSN that the primary keeps: a replica may drop what is older and applied.
  /// {0}: not told, nothing may be dropped.
  lsn oldest = {};
  friend bool operator==(const stream_header&, const stream_header&) = default;
};

/// Batches to be made durable, in order; each block holds whole frames.
struct stream_batches {
  bool well_formed = true;
  stream_header header;
  std::vector<payload> blocks;
  friend bool operator==(const stream_batches&, const stream_batches&) = default;
};

/// Says that the primary lives and how far it is; answered with a `replica_ack`.
struct heartbeat {
  bool well_formed = true;
  stream_header header;
  friend bool operator==(const heartbeat&, const heartbeat&) = default;
};

/// A client asks the gate for a session of its own.
struct client_hello {
  bool well_formed = true;
  std::uint32_t protocol = protocol_version;
  std::string client;
  friend bool operator==(const client_hello&, const client_hello&) = default;
};

/// The client's session says how much it takes.
struct client_welcome {
  bool well_formed = true;
  std::uint32_t protocol = protocol_version;
  std::string node;
  std::string cluster;
  sluice::term term;
  /// Payload bytes that may be unanswered; one append may always be.
  std::uint64_t credit_bytes = 0;
  std::uint64_t record_bytes_max = 0;
  std::uint64_t append_bytes_max = 0;
  std::uint64_t append_records_max = 0;
  friend bool operator==(const client_welcome&, const client_welcome&) = default;
};

/// One append of a client; `ticket` is the client's, answered once.
struct ticketed_append {
  std::uint64_t ticket = 0;
  append what;
};

struct append_many {
  bool well_formed = true;
  std::vector<ticketed_append> items;
};

struct ticketed_outcome {
  std::uint64_t ticket = 0;
  append_outcome outcome;
  friend bool operator==(const ticketed_outcome&, const ticketed_outcome&) = default;
};

/// Answers to appends, gathered; in no particular order.
struct committed_many {
  bool well_formed = true;
  std::vector<ticketed_outcome> items;
  friend bool operator==(const committed_many&, const committed_many&) = default;
};

/// Asks for the records of (after, through], at least one if there is any within `wait`.
struct read_request {
  bool well_formed = true;
  lsn after;
  /// 0: through what is durable.
  lsn through;
  /// 0: none, only how far the node is.
  std::uint64_t records_max = 1000;
  std::uint64_t bytes_max = 1024 * 1024;
  std::uint64_t wait_ms = 0;
  /// Answered once the node has applied everything through here; LSN 0: at once.
  bookmark at = {};
  std::uint64_t at_wait_ms = 0;
  friend bool operator==(const read_request&, const read_request&) = default;
};

/// `code` is `errc::ok`, or says why there are no records.
struct read_reply {
  bool well_formed = true;
  std::vector<record> records;
  lsn oldest;
  lsn durable;
  errc code = errc::ok;
  std::string reason;
  /// To a read at a bookmark: how far the node has applied, and on which timeline.
  bookmark applied = {};
  friend bool operator==(const read_reply&, const read_reply&) = default;
};

/// Asks a node how it is; answered with a `status_reply`.
struct status_request {
  bool well_formed = true;
  friend bool operator==(const status_request&, const status_request&) = default;
};

struct status_reply {
  bool well_formed = true;
  node_status status;
};

/// What a `control_request` asks for. On the wire: a number is never used again.
enum class control_command : std::uint8_t {
  /// `subject` is the slot's id.
  create_slot = 1,
  drop_slot = 2,
  reset_slot = 3,
  /// `subject` is the replica's id; its slot stays.
  detach_replica = 4,
  /// `subject` is the policy as a person writes it.
  set_policy = 5,
  /// As `create_slot`, with `limits`. Of its own, so that a node which is too old to know of
  /// them refuses it instead of leaving them out.
  create_limited_slot = 6,
  /// `subject` is the LSN that the candidate must hold at least, decimal; empty for none.
  promote = 7,
  /// The same although records are lost by it.
  promote_forced = 8,
  /// What a promotion of this node would meet; nothing is changed. `text` of the reply has a
  /// line for each node.
  plan_promotion = 9,
  /// To a replica: takes over from its primary, `subject`, which is there and hands over.
  take_over = 20,
  /// From who takes over, `subject`, to its primary: stops writing until the candidate has
  /// everything. `text` of the reply is the LSN through which that is, decimal.
  prepare_handover = 21,
};

/// Whether a replica carries it out.
constexpr bool is_promotion(control_command x) {
  return x == control_command::promote || x == control_command::promote_forced
         || x == control_command::plan_promotion || x == control_command::take_over;
}

/// An operator asks a node to change something; answered with a `control_reply` once the
/// change is durable. A command that a node doesn't know is answered `unsupported`.
struct control_request {
  bool well_formed = true;
  control_command command = control_command::create_slot;
  std::string subject;
  slot_limit_overrides limits = {};
  friend bool operator==(const control_request&, const control_request&) = default;
};

/// `code` is `errc::ok`, or says why nothing was changed.
struct control_reply {
  bool well_formed = true;
  errc code = errc::ok;
  /// For a person; with `ok` what was done.
  std::string text;
  friend bool operator==(const control_reply&, const control_reply&) = default;
};

/// A candidate asks a node to follow nobody but it from `term` on; answered with a
/// `grant_reply` once that is durable and the node has stopped following older terms.
struct grant_request {
  bool well_formed = true;
  std::string cluster;
  std::string candidate;
  /// Where others reach the candidate.
  std::string endpoint;
  sluice::term term;
  /// Where its history ends.
  sluice::term last_term;
  lsn flushed;
  bool is_forced = false;
  friend bool operator==(const grant_request&, const grant_request&) = default;
};

/// `code` is `errc::ok` when it was granted, else says why nothing was changed. The rest is the
/// node's own, as it stands after.
struct grant_reply {
  bool well_formed = true;
  errc code = errc::ok;
  std::string reason;
  std::string node;
  /// The highest that it has followed or granted.
  sluice::term term;
  sluice::term last_term;
  lsn flushed;
  friend bool operator==(const grant_reply&, const grant_reply&) = default;
};

/// Asks a node for the topology; answered with a `topology_reply`.
struct topology_request {
  bool well_formed = true;
  friend bool operator==(const topology_request&, const topology_request&) = default;
};

/// Asks a node to be sent a `topology_reply` now and for each new epoch. A replica sends
/// one and no more. Asking again is asking once.
struct topology_subscribe {
  bool well_formed = true;
  friend bool operator==(const topology_subscribe&, const topology_subscribe&) = default;
};

/// The topology as the primary has it (`ok`), or as a replica was told last
/// (`not_primary`); one of an empty cluster says that nothing was told yet.
struct topology_reply {
  bool well_formed = true;
  errc code = errc::ok;
  std::string reason;
  sluice::topology topology;
  friend bool operator==(const topology_reply&, const topology_reply&) = default;
};

/// A subscriber has taken what it was sent, and may be sent the next.
struct topology_seen {
  bool well_formed = true;
  topology_epoch epoch;
  friend bool operator==(const topology_seen&, const topology_seen&) = default;
};

} // namespace sluice::messages
