#include "messages/codec.hpp"
#include "messages/codec_parse.hpp"
#include "messages/codec_slot_limits.hpp"

#include "wire.pb.h"

namespace sluice::messages {

namespace {

void fill(const snapshot_progress& x, wire::SnapshotProgress& twin) {
  twin.set_stage(x.stage);
  twin.set_at_lsn(x.at.value);
  twin.set_bytes(x.bytes);
  twin.set_total_bytes(x.total_bytes);
  if (x.seconds_left)
    twin.set_seconds_left_plus_one(*x.seconds_left + 1);
}

snapshot_progress read(const wire::SnapshotProgress& twin) {
  snapshot_progress x;
  x.stage = twin.stage();
  x.at = lsn{twin.at_lsn()};
  x.bytes = twin.bytes();
  x.total_bytes = twin.total_bytes();
  if (twin.seconds_left_plus_one() > 0)
    x.seconds_left = twin.seconds_left_plus_one() - 1;
  return x;
}

void fill(const replica_status& x, wire::ReplicaStatus& twin) {
  twin.set_id(x.id);
  twin.set_region(x.region);
  twin.set_connected(x.connected);
  twin.set_state(x.state);
  twin.set_sent_lsn(x.sent.value);
  twin.set_received_lsn(x.received.value);
  twin.set_flushed_lsn(x.flushed.value);
  twin.set_applied_lsn(x.applied.value);
  twin.set_lag_records(x.lag_records);
  twin.set_lag_bytes(x.lag_bytes);
  twin.set_lag_seconds(x.lag_seconds);
  twin.set_in_flight_bytes(x.in_flight_bytes);
  twin.set_healthy(x.healthy);
  twin.set_apply_errors(x.apply_errors);
  twin.set_divergences(x.divergences);
  twin.set_reconnects(x.reconnects);
  twin.set_last_seen_ms_ago(x.last_seen_ms_ago);
  twin.set_rebootstrapping(x.rebootstrapping);
  twin.set_resume_plan(x.resume_plan);
  if (x.snapshot)
    fill(*x.snapshot, *twin.mutable_snapshot());
}

replica_status read(const wire::ReplicaStatus& twin) {
  replica_status x;
  x.id = twin.id();
  x.region = twin.region();
  x.connected = twin.connected();
  x.state = twin.state();
  x.sent = lsn{twin.sent_lsn()};
  x.received = lsn{twin.received_lsn()};
  x.flushed = lsn{twin.flushed_lsn()};
  x.applied = lsn{twin.applied_lsn()};
  x.lag_records = twin.lag_records();
  x.lag_bytes = twin.lag_bytes();
  x.lag_seconds = twin.lag_seconds();
  x.in_flight_bytes = twin.in_flight_bytes();
  x.healthy = twin.healthy();
  x.apply_errors = twin.apply_errors();
  x.divergences = twin.divergences();
  x.reconnects = twin.reconnects();
  x.last_seen_ms_ago = twin.last_seen_ms_ago();
  x.rebootstrapping = twin.rebootstrapping();
  x.resume_plan = twin.resume_plan();
  if (twin.has_snapshot())
    x.snapshot = read(twin.snapshot());
  return x;
}

void fill(const slot_status& x, wire::SlotStatus& twin) {
  twin.set_id(x.id);
  twin.set_restart_lsn(x.restart.value);
  twin.set_confirmed_flush_lsn(x.confirmed_flush.value);
  twin.set_confirmed_apply_lsn(x.confirmed_apply.value);
  twin.set_active(x.active);
  twin.set_invalidation_cause(x.invalidation_cause);
  twin.set_invalidated_at_ms(x.invalidated_at.value);
  twin.set_last_seen_ms(x.last_seen.value);
  twin.set_retained_bytes(x.retained_bytes);
  if (x.safe_bytes_left)
    twin.set_safe_bytes_left(*x.safe_bytes_left);
  if (x.seconds_until_lost)
    twin.set_seconds_until_lost(*x.seconds_until_lost);
  fill_limits({x.limits.pinned_bytes_max, x.limits.pinned_records_max, x.limits.idle_timeout},
              *twin.mutable_limits());
  if (!x.own_limits.is_empty())
    fill_limits(x.own_limits, *twin.mutable_own_limits());
}

slot_status read(const wire::SlotStatus& twin) {
  slot_status x;
  x.id = twin.id();
  x.restart = lsn{twin.restart_lsn()};
  x.confirmed_flush = lsn{twin.confirmed_flush_lsn()};
  x.confirmed_apply = lsn{twin.confirmed_apply_lsn()};
  x.active = twin.active();
  x.invalidation_cause = twin.invalidation_cause();
  x.invalidated_at = timestamp_ms{twin.invalidated_at_ms()};
  x.last_seen = timestamp_ms{twin.last_seen_ms()};
  x.retained_bytes = twin.retained_bytes();
  if (twin.has_safe_bytes_left())
    x.safe_bytes_left = twin.safe_bytes_left();
  if (twin.has_seconds_until_lost())
    x.seconds_until_lost = twin.seconds_until_lost();
  x.limits = merged({}, read_limits(twin.limits()));
  x.own_limits = read_limits(twin.own_limits());
  return x;
}

void fill(const commit_status& x, wire::CommitStatus& twin) {
  twin.set_waiting(x.waiting);
  twin.set_reached(x.reached);
  twin.set_timed_out(x.timed_out);
  twin.set_refused(x.refused);
  twin.set_p50_us(x.p50_us);
  twin.set_p99_us(x.p99_us);
}

commit_status read(const wire::CommitStatus& twin) {
  return {twin.waiting(), twin.reached(), twin.timed_out(),
          twin.refused(), twin.p50_us(),  twin.p99_us()};
}

void fill(const flow_control_status& x, wire::FlowControl& twin) {
  twin.set_state(x.state);
  twin.set_lag_bytes(x.lag_bytes);
  twin.set_lag_seconds(x.lag_seconds);
  twin.set_slowest(x.slowest);
  twin.set_delay_us(x.delay_us);
  twin.set_delayed_total(x.delayed_total);
  twin.set_refused_total(x.refused_total);
  twin.set_soft_bytes(x.limits.soft_bytes);
  twin.set_hard_bytes(x.limits.hard_bytes);
  twin.set_soft_ms(static_cast<std::uint64_t>(x.limits.soft_time.count()));
  twin.set_hard_ms(static_cast<std::uint64_t>(x.limits.hard_time.count()));
}

flow_control_status read(const wire::FlowControl& twin) {
  flow_control_status x;
  if (!twin.state().empty())
    x.state = twin.state();
  x.lag_bytes = twin.lag_bytes();
  x.lag_seconds = twin.lag_seconds();
  x.slowest = twin.slowest();
  x.delay_us = twin.delay_us();
  x.delayed_total = twin.delayed_total();
  x.refused_total = twin.refused_total();
  x.limits = {twin.soft_bytes(), twin.hard_bytes(),
              std::chrono::milliseconds{static_cast<std::int64_t>(twin.soft_ms())},
              std::chrono::milliseconds{static_cast<std::int64_t>(twin.hard_ms())}};
  return x;
}

void fill_positions(const node_status& x, wire::StatusReport& twin) {
  twin.set_oldest_lsn(x.oldest.value);
  twin.set_log_start_lsn(x.log_start.value);
  if (x.snapshot)
    fill(*x.snapshot, *twin.mutable_snapshot());
  twin.set_snapshot_trouble(x.snapshot_trouble);
  twin.set_written_lsn(x.written.value);
  twin.set_durable_lsn(x.durable.value);
  twin.set_commit_watermark(x.commit_watermark.value);
  twin.set_applied_lsn(x.applied.value);
}

void read_positions(const wire::StatusReport& twin, node_status& x) {
  x.oldest = lsn{twin.oldest_lsn()};
  x.log_start = lsn{twin.log_start_lsn()};
  if (twin.has_snapshot())
    x.snapshot = read(twin.snapshot());
  x.snapshot_trouble = twin.snapshot_trouble();
  x.written = lsn{twin.written_lsn()};
  x.durable = lsn{twin.durable_lsn()};
  x.commit_watermark = lsn{twin.commit_watermark()};
  x.applied = lsn{twin.applied_lsn()};
}

} // namespace

std::string encode(const status_request&) {
  return {};
}

bool decode(std::string_view, status_request&) {
  return true;
}

std::string encode(const status_reply& reply) {
  const auto& x = reply.status;
  wire::StatusReport twin;
  twin.set_role(x.role);
  twin.set_name(x.name);
  twin.set_cluster(x.cluster);
  twin.set_region(x.region);
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_state(x.state);
  twin.set_failure(x.failure);
  fill_positions(x, twin);
  twin.set_partial_resync_total(x.partial_resync_total);
  twin.set_full_resync_total(x.full_resync_total);
  for (const auto& replica : x.replicas)
    fill(replica, *twin.add_replicas());
  for (const auto& slot : x.slots)
    fill(slot, *twin.add_slots());
  twin.set_prune_trouble(x.prune_trouble);
  twin.mutable_topology_epoch()->set_term(x.topology_epoch.term.value);
  twin.mutable_topology_epoch()->set_incarnation(x.topology_epoch.incarnation.value);
  twin.mutable_topology_epoch()->set_counter(x.topology_epoch.counter);
  fill(x.commits, *twin.mutable_commits());
  twin.set_policy(x.policy);
  for (const auto& member : x.members)
    twin.add_members(member);
  twin.set_primary(x.primary);
  twin.set_clients(x.clients);
  twin.set_retained_bytes(x.retained_bytes);
  fill(x.flow, *twin.mutable_flow_control());
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, status_reply& reply) {
  wire::StatusReport twin;
  if (!parse_twin(bytes, twin))
    return false;
  auto& x = reply.status;
  x.role = twin.role();
  x.name = twin.name();
  x.cluster = twin.cluster();
  x.region = twin.region();
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.state = twin.state();
  x.failure = twin.failure();
  read_positions(twin, x);
  x.partial_resync_total = twin.partial_resync_total();
  x.full_resync_total = twin.full_resync_total();
  x.replicas.clear();
  for (const auto& replica : twin.replicas())
    x.replicas.push_back(read(replica));
  x.slots.clear();
  for (const auto& slot : twin.slots())
    x.slots.push_back(read(slot));
  x.prune_trouble = twin.prune_trouble();
  const auto& epoch = twin.topology_epoch();
  x.topology_epoch = {term{epoch.term()}, incarnation{epoch.incarnation()}, epoch.counter()};
  x.commits = read(twin.commits());
  x.policy = twin.policy();
  x.members.assign(twin.members().begin(), twin.members().end());
  x.primary = twin.primary();
  x.clients = twin.clients();
  x.retained_bytes = twin.retained_bytes();
  x.flow = read(twin.flow_control());
  return true;
}

} // namespace sluice::messages
