#pragma once

#include "messages/local_retention.hpp"
#include "messages/pending_append.hpp"
#include "messages/wire.hpp"
#include "replication/commit_tracker.hpp"
#include "replication/flow_control.hpp"
#include "replication/hello_rule.hpp"
#include "replication/replica.hpp"
#include "replication/resume_rule.hpp"
#include "replication/slot.hpp"
#include "replication/topology_book.hpp"
#include "replication/voter_set.hpp"

#include <sluice/frame_batch.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The messages that stay inside one node. They carry pointers and are never serialized.
namespace sluice::messages {

/// Batches in order, shared by everyone who is told of them.
using batch_list = std::shared_ptr<const std::vector<frame_batch>>;

/// One append, or several of one caller, for the `spool_writer`.
struct submit_append {
  append_ptr item;
};
struct submit_appends {
  std::vector<append_ptr> items;
};

/// To the `spool_writer`: something lies in its `append_inbox`.
struct take_inbox {};

/// An actor tells itself to work on what it has gathered.
struct flush_gathered {};

/// A timer of an actor fired; `generation` tells a stale one.
struct timer_fired {
  std::uint64_t generation = 0;
};

/// These batches have been fdatasynced on this node.
struct batches_durable {
  batch_list batches;
};

/// The writer latched: nothing is acknowledged any more.
struct log_latched {
  std::string failure;
};

/// The writer opened its log again: it acknowledges again.
struct log_reopened {};

/// A majority has confirmed the term: appends may be served.
struct allow_appends {};

/// Asks the writer for another default policy; answered once a restart would keep it.
struct set_default_policy {
  commit_policy policy;
};
/// The writer's word to the coordinator: appends that follow have this default.
struct default_policy_changed {
  commit_policy policy;
};

/// Ask the writer, or the receiver of a replica, to sync a last mark and end.
struct close_log {};
struct log_closed {
  std::string failure;
};

struct get_log_positions {};
struct log_positions {
  lsn oldest;
  lsn written;
  lsn durable;
  digest tail;
  sluice::term last_term;
  std::uint64_t retained_bytes = 0;
  /// Empty while the log works.
  std::string failure;
  /// Why appends are refused although the log works: no room.
  std::string trouble = {};
  /// Bytes of log appended in this life of the node.
  std::uint64_t appended_bytes = 0;
  /// Of appends that the writer decided itself: `local` commits and refusals.
  commit_status decided;
  // What only a replica's receiver knows.
  lsn applied;
  lsn commit;
  sluice::term term;
  timeline_id timeline;
  std::string cluster;
  std::vector<std::string> members;
  lsn log_start;
  // What only a primary's writer knows.
  flow_control_status flow;
  commit_policy policy;
};

/// An append that is durable here and waits for its policy.
struct awaited_commit {
  append_ptr item;
  lsn_range records;
  sluice::term term;
  timeline_id timeline;
  commit_policy policy;
  replication::monotonic_ns deadline;
};
struct await_commits {
  std::vector<awaited_commit> commits;
  /// What the primary itself has durable by now.
  lsn durable = {};
};

/// The registry's word to the coordinator: who counts, and how far each is.
struct voter_changed {
  replication::voter voter;
};
struct voter_removed {
  std::string id;
};
struct vote {
  std::string id;
  lsn durable;
};
/// The registry's word to the writer, so that what cannot succeed is refused unwritten, and
/// what would leave the voters behind is slowed. Told when who votes changes, and some 10 ms
/// after a position did.
struct voters_seen {
  std::vector<replication::voter> voters;
  std::vector<replication::follower> followers = {};
};

/// Everything up to here has met the quorum, or is durable on a node without members.
struct commit_advanced {
  lsn commit;
};

struct get_commit_status {};
struct commit_status_report {
  commit_status commits;
  lsn watermark;
};

/// Asks the `wal_buffer` for whole batches with the records after `after`; waits up to
/// `wait` for the first of them.
struct read_batches {
  lsn after;
  /// {0}: through what is durable.
  lsn through;
  std::uint64_t bytes_max = 1024 * 1024;
  std::uint64_t records_max = UINT64_MAX;
  std::chrono::milliseconds wait{0};
};
struct batches_read {
  batch_list batches;
  lsn oldest;
  lsn durable;
};

/// Asks whoever owns how far this node has applied: answered once it is through `lsn`, or
/// after `wait` with how far it is then.
struct await_applied {
  sluice::lsn lsn;
  std::chrono::milliseconds wait{0};
};
/// On a primary {0} as timeline and term: they are those of the node.
struct applied_position {
  bookmark applied;
};

/// Is this history mine?
struct compare_history {
  std::vector<history_point> points;
  lsn durable;
};
/// The answer for all points together.
struct history_compared {
  replication::history_match match;
  /// What was durable on this node when it was compared.
  lsn durable = {};
};

/// What of this log's bytes was found damaged first in this life of the node.
struct get_log_damage {};
struct log_damage {
  /// File, offset and LSN; empty for none.
  std::string text;
};

/// The digest of this history through `at`, as far as it is durable.
struct get_digest {
  lsn at;
  lsn durable = {};
  /// What producers appended through `at` is asked for, too: that may read a whole segment.
  bool wants_producers = false;
};
struct digest_known {
  /// None when no batch ends there.
  std::optional<digest> value;
  /// Of the record there.
  sluice::term last_term = {};
  /// The producer table as of there; empty: not known, or not asked for. Never null.
  std::shared_ptr<const std::string> producers = std::make_shared<const std::string>();
};

/// The log of this node begins anew, or was cut: what was buffered, or is held open, is of another.
struct log_began {
  lsn first;
  /// Its end.
  lsn durable;
};

/// A replica asks to join; its history has been compared.
struct register_replica {
  hello from;
  replication::history_match match;
  lsn durable = {};
};
/// The registry's verdict: it resumes after `resume_after`, or is told `refusal`, or to begin
/// anew, or to get a `snapshot`; its slot is pinned by then. Or it is told to go `back`, and says
/// hello again.
struct replica_judged {
  lsn resume_after;
  std::optional<rejected> refusal;
  std::optional<replication::rebootstrap_from> anew = {};
  std::optional<replication::rewind_to> back = {};
  std::optional<replication::snapshot_from> snapshot = {};
};

/// A session forwards an ack together with what it knows itself.
struct session_ack {
  replica_ack ack;
  lsn sent;
  std::uint64_t in_flight_bytes = 0;
  /// What the writer told the session: the ack is judged by it.
  lsn durable = {};
};
/// A session began or ended.
struct session_changed {
  std::string id;
  replication::session_id session;
  bool connected = false;
};

/// The registry's word to a session: its replica is no longer served.
struct end_session {
  errc code = errc::ok;
  std::string reason;
};

struct get_replicas {};
struct replicas_report {
  std::vector<replica_status> replicas;
  std::uint64_t resyncs = 0;
  std::uint64_t full_resyncs = 0;
  std::vector<slot_status> slots = {};
  /// Why nothing is pruned although slots would allow it.
  std::string prune_trouble = {};
};

/// A replica registered, left, was connected or cut off, starts over, or its slot changed:
/// whoever watches asks for the facts.
struct replicas_changed {};
struct get_replica_facts {};
struct replica_facts_report {
  std::vector<replication::replica_facts> replicas;
};

/// Asks for the topology as one with `right` may see it.
struct get_topology {
  replication::caller_right right = replication::caller_right::full;
};
/// `who` is told the topology now and when its epoch rises, until it is gone.
struct add_topology_subscriber {
  caf::strong_actor_ptr who;
  replication::caller_right right = replication::caller_right::full;
};
/// The node can be reached by others at `endpoint`; empty when it can't tell where.
struct node_published {
  std::string endpoint;
};

// -- retention -----------------------------------------------------------------------------

/// What became of one append of a client session.
struct append_decided {
  ticketed_outcome decision;
  std::uint64_t bytes = 0;
};

/// The `segment_preparer` did its chore; `prepared_path` names a segment that is ready.
struct chore_finished {
  std::string prepared_path;
  std::uint64_t prepared_bytes = 0;
  std::string failure;
};

/// A child of the node's supervisor died: the node goes on for readers only.
struct node_failed {
  std::string reason;
};

/// Ends the node: drains, marks the log, stops every actor.
struct close_node {};

} // namespace sluice::messages

// Pointers and rules travel in them: CAF must never try to serialize one.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::submit_append)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::submit_appends)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::take_inbox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::flush_gathered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::timer_fired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::batches_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_latched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_reopened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::allow_appends)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::set_default_policy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::default_policy_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::close_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_log_positions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_positions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::await_commits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::voter_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::voter_removed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::vote)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::voters_seen)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::commit_advanced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_commit_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::commit_status_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::read_batches)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::batches_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::await_applied)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::applied_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::compare_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::history_compared)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_log_damage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_damage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_digest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::digest_known)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_began)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::register_replica)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::replica_judged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::session_ack)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::session_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_replicas)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::replicas_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::replicas_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_replica_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::replica_facts_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_topology)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::add_topology_subscriber)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::node_published)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::end_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::append_decided)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::chore_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::node_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::close_node)
