#include "tools/status_text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace sluice::tools {

namespace {

using json = nlohmann::ordered_json;

json json_of(const std::optional<snapshot_progress>& x) {
  if (!x)
    return nullptr;
  return {{"stage", x->stage},
          {"at_lsn", x->at.value},
          {"bytes", x->bytes},
          {"total_bytes", x->total_bytes},
          {"seconds_left", x->seconds_left ? json(*x->seconds_left) : json(nullptr)}};
}

/// `sending at=42 12% of 1048576 bytes, 7 s left`
std::string text_of(const snapshot_progress& x) {
  auto text = x.stage;
  if (x.at != no_lsn)
    text += fmt::format(" at={}", x.at.value);
  if (x.total_bytes != 0)
    text += fmt::format(" {:.0f}% of {} bytes",
                        100 * static_cast<double>(x.bytes) / static_cast<double>(x.total_bytes),
                        x.total_bytes);
  else if (x.bytes != 0)
    text += fmt::format(" {} bytes", x.bytes);
  if (x.seconds_left)
    text += fmt::format(", {} s left", *x.seconds_left);
  return text;
}

json json_of(const replica_status& x) {
  return {{"id", x.id},
          {"region", x.region},
          {"connected", x.connected},
          {"state", x.state},
          {"received_lsn", x.received.value},
          {"flushed_lsn", x.flushed.value},
          {"applied_lsn", x.applied.value},
          {"sent_lsn", x.sent.value},
          {"lag_records", x.lag_records},
          {"lag_bytes", x.lag_bytes},
          {"lag_seconds", x.lag_seconds},
          {"in_flight_bytes", x.in_flight_bytes},
          {"healthy", x.healthy},
          {"rebootstrapping", x.rebootstrapping},
          {"apply_errors", x.apply_errors},
          {"divergences", x.divergences},
          {"reconnects", x.reconnects},
          {"last_seen_ms_ago", x.last_seen_ms_ago},
          {"resume_plan", x.resume_plan},
          {"snapshot", json_of(x.snapshot)}};
}

template <class T>
json or_null(const T& value, bool is_known) {
  return is_known ? json(value) : json(nullptr);
}

/// Which of the limits are the slot's own, by their keys.
json own_limits_of(const slot_status& x) {
  json keys = json::array();
  if (x.own_limits.pinned_bytes_max)
    keys.push_back("max_bytes");
  if (x.own_limits.pinned_records_max)
    keys.push_back("max_records");
  if (x.own_limits.idle_timeout)
    keys.push_back("idle_timeout_ms");
  return keys;
}

json json_of(const slot_status& x) {
  auto is_valid = x.invalidation_cause.empty();
  return {
      {"id", x.id},
      {"restart_lsn", x.restart.value},
      {"confirmed_flush_lsn", x.confirmed_flush.value},
      {"confirmed_apply_lsn", x.confirmed_apply.value},
      {"active", x.active},
      {"valid", is_valid},
      {"invalidation_cause", or_null(x.invalidation_cause, !is_valid)},
      {"invalidated_at_ms", or_null(x.invalidated_at.value, !is_valid)},
      {"last_seen_ms", or_null(x.last_seen.value, x.last_seen.value != 0)},
      {"retained_bytes", x.retained_bytes},
      {"safe_bytes_left", or_null(x.safe_bytes_left.value_or(0), x.safe_bytes_left.has_value())},
      {"seconds_until_lost",
       or_null(x.seconds_until_lost.value_or(0), x.seconds_until_lost.has_value())},
      {"max_bytes", or_null(x.limits.pinned_bytes_max, x.limits.pinned_bytes_max != 0)},
      {"max_records", or_null(x.limits.pinned_records_max, x.limits.pinned_records_max != 0)},
      {"idle_timeout_ms",
       or_null(x.limits.idle_timeout.count(), x.limits.idle_timeout.count() != 0)},
      {"own_limits", own_limits_of(x)}};
}

json slots_of(const node_status& x) {
  json slots = json::array();
  for (const auto& slot : x.slots)
    slots.push_back(json_of(slot));
  return slots;
}

json json_of(const commit_status& x) {
  return {{"waiting", x.waiting}, {"reached", x.reached}, {"timed_out", x.timed_out},
          {"refused", x.refused}, {"p50_us", x.p50_us},   {"p99_us", x.p99_us}};
}

json json_of(const flow_control_status& x) {
  return {{"state", x.state},
          {"lag_bytes", x.lag_bytes},
          {"lag_seconds", x.lag_seconds},
          {"slowest", x.slowest},
          {"delay_us", x.delay_us},
          {"delayed_total", x.delayed_total},
          {"refused_total", x.refused_total},
          {"soft_bytes", x.limits.soft_bytes},
          {"hard_bytes", x.limits.hard_bytes},
          {"soft_seconds", static_cast<double>(x.limits.soft_time.count()) / 1000},
          {"hard_seconds", static_cast<double>(x.limits.hard_time.count()) / 1000}};
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

} // namespace

std::string status_json(const node_status& x) {
  json replicas = json::array();
  for (const auto& replica : x.replicas)
    replicas.push_back(json_of(replica));
  json object{{"role", x.role},
              {"name", x.name},
              {"cluster", x.cluster},
              {"region", x.region},
              {"term", x.term.value},
              {"timeline", x.timeline.value},
              {"state", x.state},
              {"failure", x.failure},
              {"oldest_lsn", x.oldest.value},
              {"log_start_lsn", x.log_start.value},
              {"written_lsn", x.written.value},
              {"durable_lsn", x.durable.value},
              {"applied_lsn", x.applied.value},
              {"commit_watermark", x.commit_watermark.value},
              {"topology_epoch", to_string(x.topology_epoch)},
              {"partial_resync_total", x.partial_resync_total},
              {"full_resync_total", x.full_resync_total},
              {"policy", x.policy},
              {"members", x.members},
              {"primary", x.primary},
              {"clients", x.clients},
              {"retained_bytes", x.retained_bytes},
              {"slots", slots_of(x)},
              {"prune_trouble", x.prune_trouble},
              {"snapshot", json_of(x.snapshot)},
              {"snapshot_trouble", x.snapshot_trouble},
              {"replicas", replicas},
              {"commits", json_of(x.commits)},
              {"flow_control", json_of(x.flow)}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string slots_json(const node_status& x) {
  return json{{"slots", slots_of(x)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string slots_table(const node_status& x) {
  auto text = fmt::format("{:<16}{:>12}{:>12}{:>12}  {:<14}{:>14}{:>14}{:>10}\n", "slot", "restart",
                          "flushed", "applied", "state", "retained", "bytes left", "lost in s");
  for (const auto& s : x.slots)
    text +=
        fmt::format("{:<16}{:>12}{:>12}{:>12}  {:<14}{:>14}{:>14}{:>10}\n", s.id, s.restart.value,
                    s.confirmed_flush.value, s.confirmed_apply.value,
                    !s.invalidation_cause.empty() ? s.invalidation_cause
                    : s.active                    ? "active"
                                                  : "away",
                    s.retained_bytes, s.safe_bytes_left ? std::to_string(*s.safe_bytes_left) : "-",
                    s.seconds_until_lost ? fmt::format("{:.0f}", *s.seconds_until_lost) : "-");
  return text;
}

std::string status_table(const node_status& x) {
  auto text =
      fmt::format("{} {}  cluster={} region={} term={} timeline={}\n", x.role, x.name, x.cluster,
                  x.region.empty() ? "-" : x.region, x.term.value, x.timeline.value);
  text += fmt::format("state    {}{}{}\n", x.state, x.failure.empty() ? "" : ": ", x.failure);
  text += fmt::format("log      oldest={} written={} durable={} applied={} commit_watermark={} "
                      "bytes={}",
                      x.oldest.value, x.written.value, x.durable.value, x.applied.value,
                      x.commit_watermark.value, x.retained_bytes);
  // Only of a log that does not begin with the history.
  if (x.log_start != no_lsn)
    text += fmt::format(" start={}", x.log_start.value);
  text += '\n';
  if (!x.primary.empty())
    text += fmt::format("primary  {}\n", x.primary);
  if (!x.members.empty())
    text += fmt::format("members  {}\n", joined(x.members));
  if (x.role == "primary") {
    text += fmt::format("commits  policy={} waiting={} reached={} timed_out={} refused={} "
                        "p50={}us p99={}us clients={}\n",
                        x.policy, x.commits.waiting, x.commits.reached, x.commits.timed_out,
                        x.commits.refused, x.commits.p50_us, x.commits.p99_us, x.clients);
    text += fmt::format("flow     {} slowest={} lag_bytes={} lag_s={:.1f} delay={}us delayed={} "
                        "refused={}\n",
                        x.flow.state, x.flow.slowest.empty() ? "-" : x.flow.slowest,
                        x.flow.lag_bytes, x.flow.lag_seconds, x.flow.delay_us, x.flow.delayed_total,
                        x.flow.refused_total);
  }
  // A replica that gives snapshots has some, too.
  if (x.role == "primary" || !x.replicas.empty())
    text += fmt::format("{:<16}{:<12}{:<14}{:>12}{:>12}{:>12}{:>8}{:>9}  {}\n", "replica", "region",
                        "state", "sent", "flushed", "applied", "lag", "lag s", "healthy");
  for (const auto& r : x.replicas) {
    text += fmt::format("{:<16}{:<12}{:<14}{:>12}{:>12}{:>12}{:>8}{:>9.1f}  {}", r.id,
                        r.region.empty() ? "-" : r.region, r.state, r.sent.value, r.flushed.value,
                        r.applied.value, r.lag_records, r.lag_seconds, r.healthy ? "yes" : "no");
    if (r.rebootstrapping)
      text += "  rebootstrapping";
    if (r.snapshot)
      text += "  snapshot " + text_of(*r.snapshot);
    else if (!r.resume_plan.empty())
      text += "  would " + r.resume_plan;
    text += '\n';
  }
  if (!x.slots.empty())
    text += slots_table(x);
  if (x.snapshot)
    text += fmt::format("snapshot {}\n", text_of(*x.snapshot));
  if (!x.snapshot_trouble.empty())
    text += fmt::format("snapshot cannot be given: {}\n", x.snapshot_trouble);
  if (!x.prune_trouble.empty())
    text += fmt::format("pruning  stands still: {}\n", x.prune_trouble);
  return text;
}

} // namespace sluice::tools
