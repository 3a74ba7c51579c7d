#include "actors/replica_report.hpp"

#include "replication/resume_rule.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

std::string plan_of(lsn flushed, rules::replica_content content, const rules::slot* claim,
                    const log_bounds& log) {
  rules::resume_facts facts;
  facts.replica_flushed = flushed;
  facts.replica_timeline = log.timeline;
  facts.primary_oldest = log.oldest;
  facts.primary_durable = log.durable;
  facts.primary_timeline = log.timeline;
  facts.content = content;
  facts.claim = claim;
  return to_string(rules::plan_if_unchanged(std::move(facts)));
}

} // namespace

replica_status status_of(const rules::registered_replica& replica, const rules::slot* claim,
                         const log_bounds& log, std::uint64_t in_flight_bytes,
                         rules::monotonic_ns now) {
  auto silent = rules::elapsed(replica.last_seen, now);
  replica_status x;
  x.id = replica.id;
  x.region = replica.region;
  x.connected = replica.connected;
  x.state = replica.connected ? "streaming" : "disconnected";
  x.sent = replica.sent;
  x.received = replica.at.received;
  x.flushed = replica.at.flushed;
  x.applied = replica.at.applied;
  x.in_flight_bytes = in_flight_bytes;
  x.rebootstrapping = replica.rebootstrapping;
  x.apply_errors = replica.apply_errors;
  x.divergences = replica.divergences;
  x.reconnects = replica.reconnects;
  x.last_seen_ms_ago = static_cast<std::uint64_t>(silent.count()) / 1'000'000;
  if (!replica.connected)
    x.resume_plan = plan_of(replica.at.flushed, replica.content, claim, log);
  return x;
}

replica_status status_of(const rules::slot& claim, const log_bounds& log) {
  replica_status x;
  x.id = claim.id;
  x.state = "disconnected";
  x.received = claim.confirmed_flush_lsn;
  x.flushed = claim.confirmed_flush_lsn;
  x.applied = claim.confirmed_apply_lsn;
  x.resume_plan = plan_of(claim.confirmed_flush_lsn, rules::replica_content::log_only, &claim, log);
  return x;
}

void add_snapshots(const messages::snapshots_served& served, node_status& status) {
  for (const auto& [node, progress] : served.replicas) {
    auto position = std::ranges::find(status.replicas, node, &replica_status::id);
    if (position == status.replicas.end()) {
      position = status.replicas.emplace(position);
      position->id = node;
    }
    position->snapshot = progress;
    if (!position->connected)
      position->state = "snapshotting";
  }
  status.snapshot_trouble = served.failure;
}

} // namespace sluice::actors
