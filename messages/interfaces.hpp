#pragma once

#include "messages/local.hpp"
#include "messages/local_replica.hpp"
#include "messages/local_role.hpp"
#include "messages/local_snapshot.hpp"
#include "messages/wire_inspect.hpp"

#include <caf/typed_actor.hpp>

/// The typed interface of every actor that others talk to. Who implements one includes
/// this and its own header; nobody includes another actor's state.
namespace sluice::messages {

// -- what crosses to another node ----------------------------------------------------------

/// Published at a node's port: the one way in.
using node_gate_actor =
    caf::typed_actor<caf::reacts_to<hello>, caf::reacts_to<client_hello>,
                     caf::replies_to<read_request>::with<read_reply>,
                     caf::replies_to<status_request>::with<status_reply>,
                     caf::replies_to<control_request>::with<control_reply>,
                     caf::replies_to<grant_request>::with<grant_reply>,
                     caf::replies_to<topology_request>::with<topology_reply>,
                     caf::reacts_to<topology_subscribe>, caf::reacts_to<snapshot_request>>;

/// Who subscribed to the topology.
using topology_sink_actor = caf::typed_actor<caf::reacts_to<topology_reply>>;

/// Who tells it, as a subscriber sees it.
using topology_source_actor = caf::typed_actor<caf::reacts_to<topology_seen>>;

/// A replica's connector as its primary sees it.
using joining_replica_actor = caf::typed_actor<caf::reacts_to<welcome>, caf::reacts_to<rejected>,
                                               caf::reacts_to<rebootstrap>, caf::reacts_to<rewind>>;

/// The same as who tells it to get a snapshot sees it.
using snapshot_joiner_actor = caf::typed_actor<caf::reacts_to<snapshot_needed>>;

/// A gate as who wants a snapshot sees it.
using snapshot_gate_actor = caf::typed_actor<caf::reacts_to<snapshot_request>>;

/// Who gets a snapshot, as who sends it sees it.
using snapshot_sink_actor =
    caf::typed_actor<caf::reacts_to<snapshot_offer>, caf::reacts_to<snapshot_chunk>,
                     caf::reacts_to<snapshot_building>, caf::reacts_to<snapshot_refused>>;

/// Who sends it, as who gets it sees it.
using snapshot_origin_actor = caf::typed_actor<caf::reacts_to<snapshot_staged>>;

/// A session as its replica sees it.
using ack_sink_actor = caf::typed_actor<caf::reacts_to<replica_ack>>;

/// A replica's receiver as its session sees it.
using stream_sink_actor =
    caf::typed_actor<caf::reacts_to<stream_batches>, caf::reacts_to<heartbeat>>;

/// A client's session as the client sees it.
using append_sink_actor = caf::typed_actor<caf::reacts_to<append_many>>;

/// A client as its session sees it.
using remote_client_actor =
    caf::typed_actor<caf::reacts_to<client_welcome>, caf::reacts_to<committed_many>,
                     caf::reacts_to<rejected>>;

// -- inside a node -------------------------------------------------------------------------

/// Whoever holds the node open; see `role_changed`.
using role_listener_actor = caf::typed_actor<caf::reacts_to<role_changed>>;

/// Carries out promotions of this node.
using promoter_actor =
    caf::typed_actor<caf::replies_to<control_request>::with<control_reply>,
                     caf::reacts_to<timer_fired>, caf::reacts_to<node_published>>;

/// Hands a primary's log over to a replica that takes over.
using handover_desk_actor = caf::typed_actor<caf::replies_to<control_request>::with<control_reply>,
                                             caf::reacts_to<timer_fired>>;

/// Is told of every batch once it is durable on this node, in order.
using batch_listener_actor = caf::typed_actor<caf::reacts_to<batches_durable>>;
/// Answered with where the log is: every batch after that one is told.
struct subscribe_batches {
  batch_listener_actor listener;
};

/// Is told how far commits are.
using commit_listener_actor = caf::typed_actor<caf::reacts_to<commit_advanced>>;
struct subscribe_commits {
  commit_listener_actor listener;
};

/// Hands out batches after any position that is kept.
using batch_source_actor =
    caf::typed_actor<caf::replies_to<read_batches>::with<batches_read>,
                     caf::replies_to<compare_history>::with<history_compared>,
                     caf::replies_to<get_digest>::with<digest_known>>;

/// Reads the segments of this node through descriptors of its own.
using log_reader_actor = batch_source_actor::extend<caf::reacts_to<log_began>>;

/// Owns how far a node has applied: the buffer, the coordinator or the desk of a primary, the
/// receiver of a replica.
using applied_source_actor =
    caf::typed_actor<caf::replies_to<await_applied>::with<applied_position>>;

using wal_buffer_actor =
    batch_source_actor::extend<caf::reacts_to<batches_durable>, caf::reacts_to<log_began>,
                               caf::reacts_to<log_pruned>, caf::reacts_to<timer_fired>,
                               caf::replies_to<get_log_damage>::with<log_damage>,
                               caf::replies_to<await_applied>::with<applied_position>>;

/// Is told when the log takes more room.
using room_watcher_actor = caf::typed_actor<caf::reacts_to<room_taken>>;
struct watch_room {
  room_watcher_actor watcher;
};

/// Where local appends go in.
using append_target_actor =
    caf::typed_actor<caf::reacts_to<submit_append>, caf::reacts_to<submit_appends>,
                     caf::reacts_to<take_inbox>>;

using spool_writer_actor = append_target_actor::extend<
    caf::reacts_to<flush_gathered>, caf::reacts_to<timer_fired>, caf::reacts_to<allow_appends>,
    caf::reacts_to<voters_seen>, caf::replies_to<subscribe_batches>::with<log_positions>,
    caf::replies_to<set_default_policy>::with<control_reply>, caf::reacts_to<chore_finished>,
    caf::replies_to<get_log_positions>::with<log_positions>, caf::reacts_to<watch_room>,
    caf::replies_to<measure_log>::with<log_measured>, caf::replies_to<prune_log>::with<log_pruned>,
    caf::replies_to<grant_request>::with<grant_reply>, caf::reacts_to<step_down>,
    caf::reacts_to<nodes_seen>, caf::replies_to<pause_appends>::with<appends_paused>,
    caf::reacts_to<resume_appends>, caf::replies_to<close_log>::with<log_closed>>;

using commit_coordinator_actor = caf::typed_actor<
    caf::reacts_to<await_commits>, caf::reacts_to<voter_changed>, caf::reacts_to<voter_removed>,
    caf::reacts_to<vote>, caf::reacts_to<timer_fired>, caf::reacts_to<subscribe_commits>,
    caf::reacts_to<log_latched>, caf::reacts_to<default_policy_changed>,
    caf::reacts_to<log_reopened>, caf::replies_to<await_applied>::with<applied_position>,
    caf::replies_to<get_commit_status>::with<commit_status_report>>;

/// Stores the slots and knows how full the volume is.
using slot_keeper_actor = caf::typed_actor<caf::replies_to<store_slots>::with<slots_stored>,
                                           caf::replies_to<measure_disk>::with<disk_measured>>;

/// Is told that something changed of who the replicas are.
using replica_watcher_actor = caf::typed_actor<caf::reacts_to<replicas_changed>>;
/// There is one watcher: the last that asked.
struct watch_replicas {
  replica_watcher_actor watcher;
};

using topology_advertiser_actor = replica_watcher_actor::extend<
    caf::replies_to<get_topology>::with<topology_reply>, caf::reacts_to<add_topology_subscriber>,
    caf::reacts_to<topology_seen>, caf::reacts_to<node_published>, caf::reacts_to<timer_fired>>;

using slot_registry_actor = caf::typed_actor<
    caf::replies_to<register_replica>::with<replica_judged>, caf::reacts_to<session_ack>,
    caf::reacts_to<session_changed>, caf::replies_to<control_request>::with<control_reply>,
    caf::reacts_to<room_taken>, caf::reacts_to<timer_fired>, caf::reacts_to<records_applied>,
    caf::replies_to<get_replicas>::with<replicas_report>, caf::reacts_to<watch_replicas>,
    caf::replies_to<get_replica_facts>::with<replica_facts_report>,
    caf::replies_to<pin_log>::with<log_pinned>, caf::reacts_to<unpin_log>>;

using replica_session_actor =
    ack_sink_actor::extend<caf::reacts_to<batches_durable>, caf::reacts_to<commit_advanced>,
                           caf::reacts_to<end_session>, caf::reacts_to<log_pruned>,
                           caf::reacts_to<timer_fired>>;

using client_session_actor =
    append_sink_actor::extend<caf::reacts_to<append_decided>, caf::reacts_to<flush_gathered>>;

using primary_gate_actor = node_gate_actor::extend<caf::reacts_to<node_failed>>;

/// Owns the spool of a node: the writer or the receiver.
using log_owner_actor = caf::typed_actor<caf::replies_to<close_log>::with<log_closed>>;

using node_supervisor_actor = caf::typed_actor<caf::replies_to<close_node>::with<log_closed>>;

using record_reader_actor = caf::typed_actor<caf::replies_to<read_request>::with<read_reply>>;

using replica_receiver_actor = stream_sink_actor::extend<
    caf::reacts_to<attach_stream>, caf::reacts_to<flush_gathered>, caf::reacts_to<timer_fired>,
    caf::reacts_to<records_applied>, caf::reacts_to<chore_finished>, caf::reacts_to<attach_applier>,
    caf::replies_to<await_applied>::with<applied_position>,
    caf::replies_to<get_join_position>::with<join_position>,
    caf::replies_to<rebootstrap>::with<log_restarted>,
    caf::replies_to<get_candidacy>::with<candidacy>,
    caf::replies_to<grant_request>::with<grant_reply>,
    caf::replies_to<take_office>::with<office_taken>, caf::reacts_to<nodes_seen>,
    caf::replies_to<rewind>::with<log_restarted>,
    caf::replies_to<begin_install>::with<log_restarted>,
    caf::replies_to<install_ended>::with<log_restarted>,
    caf::replies_to<get_log_positions>::with<log_positions>,
    caf::replies_to<close_log>::with<log_closed>>;

/// To the `snapshot_receiver`: get a snapshot from `source`, install it, have the log begin
/// behind it. Answered with `log_restarted` once that is done, or has failed; a later one
/// replaces it, and what was staged is gone on with.
struct fetch_snapshot {
  snapshot_needed what;
  snapshot_gate_actor source;
};

/// Gets snapshots for a replica and installs them.
using snapshot_receiver_actor =
    snapshot_sink_actor::extend<caf::replies_to<fetch_snapshot>::with<log_restarted>,
                                caf::reacts_to<forget_snapshot>, caf::reacts_to<timer_fired>>;

/// Is told how far the snapshot is that it had fetched.
using snapshot_watcher_actor = caf::typed_actor<caf::reacts_to<snapshot_progressed>>;

/// Owns DIR/snapshot/outgoing and the embedder's source, and does one step at a time of what the
/// keeper asks. Blocks.
using snapshot_builder_actor =
    caf::typed_actor<caf::replies_to<find_outgoing>::with<outgoing_found>,
                     caf::replies_to<begin_outgoing>::with<outgoing_begun>,
                     caf::replies_to<extend_outgoing>::with<outgoing_extended>,
                     caf::replies_to<finish_outgoing>::with<outgoing_found>,
                     caf::replies_to<discard_outgoing>::with<outgoing_discarded>,
                     caf::replies_to<read_chunk>::with<chunk_read>>;

/// Owns who gets a snapshot from this node, and when one is made and given up.
using snapshot_keeper_actor = caf::typed_actor<
    caf::reacts_to<serve_snapshot>, caf::replies_to<get_snapshots_served>::with<snapshots_served>,
    caf::reacts_to<note_served>, caf::reacts_to<serving_ended>, caf::reacts_to<timer_fired>>;

/// Sends a snapshot to one replica.
using snapshot_sender_actor = snapshot_origin_actor::extend<caf::reacts_to<timer_fired>>;

/// Is told how far the embedder's applier is.
using applied_listener_actor = caf::typed_actor<caf::reacts_to<records_applied>>;

/// Owns how far the embedder's state of a primary is.
using applied_desk_actor =
    applied_source_actor::extend<caf::reacts_to<records_applied>, caf::reacts_to<attach_applier>,
                                 caf::reacts_to<timer_fired>>;

/// Runs the embedder's applier.
using replica_applier_actor =
    caf::typed_actor<caf::reacts_to<apply_through>, caf::reacts_to<timer_fired>,
                     caf::replies_to<pause_applying>::with<applying_paused>,
                     caf::reacts_to<resume_applying>>;

/// Is told how the stream fares.
using stream_watcher_actor =
    caf::typed_actor<caf::reacts_to<stream_heard>, caf::reacts_to<stream_broken>>;

using replica_link_actor = joining_replica_actor::extend<
    caf::reacts_to<timer_fired>, caf::reacts_to<stream_heard>, caf::reacts_to<stream_broken>,
    caf::replies_to<get_link_status>::with<link_status>, caf::reacts_to<topology_reply>,
    caf::replies_to<get_topology>::with<topology_reply>, caf::reacts_to<node_published>,
    caf::reacts_to<look_for_primary>, caf::reacts_to<snapshot_needed>,
    caf::reacts_to<snapshot_progressed>>;

} // namespace sluice::messages

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::subscribe_batches)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::subscribe_commits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::watch_replicas)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::watch_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::fetch_snapshot)
