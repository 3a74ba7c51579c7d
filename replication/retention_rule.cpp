#include "replication/retention_rule.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

std::optional<invalidation_cause> judge_slot(const slot& x, const retention_facts& facts) {
  const auto& log = *facts.log;
  if (next(x.restart_lsn) < log.oldest())
    return invalidation_cause::wal_removed;
  auto limits = limits_of(x, facts.slot_defaults, *facts.declared);
  if (limits.pinned_records_max > 0
      && distance(x.restart_lsn, log.last()) > limits.pinned_records_max)
    return invalidation_cause::horizon;
  if (limits.pinned_bytes_max > 0 && log.bytes_after(x.restart_lsn) > limits.pinned_bytes_max)
    return invalidation_cause::horizon;
  if (limits.idle_timeout.count() > 0 && idle_time(x, facts.now) > limits.idle_timeout)
    return invalidation_cause::idle_timeout;
  return std::nullopt;
}

/// What holds whatever becomes of the slots.
lsn unslotted_floor(const retention_facts& facts) {
  auto floor = facts.log->last();
  if (facts.pinned_after)
    floor = std::min(floor, *facts.pinned_after);
  if (facts.archived_through)
    floor = std::min(floor, *facts.archived_through);
  return floor;
}

/// Comfort yields to a full volume.
lsn comfort_floor(const retention_facts& facts) {
  if (facts.room.is_short())
    return facts.log->last();
  auto floor = facts.limits.retain_bytes_min == 0
                   ? facts.log->last()
                   : facts.log->through_to_keep(facts.limits.retain_bytes_min);
  return facts.young_after ? std::min(floor, *facts.young_after) : floor;
}

bool is_lost(const std::vector<lost_slot>& lost, const slot& x) {
  auto position =
      std::lower_bound(lost.begin(), lost.end(), x.id,
                       [](const lost_slot& one, const std::string& id) { return one.id < id; });
  return position != lost.end() && position->id == x.id;
}

lsn floor_without(const std::vector<slot>& slots, const std::vector<lost_slot>& lost, lsn floor) {
  for (const auto& x : slots)
    if (x.is_valid() && !is_lost(lost, x))
      floor = std::min(floor, x.restart_lsn);
  return floor;
}

void sort_by_id(std::vector<lost_slot>& lost) {
  std::sort(lost.begin(), lost.end(),
            [](const lost_slot& a, const lost_slot& b) { return a.id < b.id; });
}

/// Gives up the slots that hold back what the volume lacks, and no other.
void relieve_disk(const std::vector<slot>& slots, const retention_facts& facts,
                  std::vector<lost_slot>& lost) {
  const auto& log = *facts.log;
  auto hard_floor = unslotted_floor(facts);
  auto held_at = floor_without(slots, lost, hard_floor);
  auto missing = facts.room.free_bytes_min - facts.room.free_bytes;
  if (log.bytes_freed(held_at) >= missing)
    return;
  auto needed = std::min(log.through_to_free(missing), hard_floor);
  if (log.bytes_freed(needed) <= log.bytes_freed(held_at))
    return;
  std::vector<lost_slot> more;
  for (const auto& x : slots)
    if (x.is_valid() && x.restart_lsn < needed && !is_lost(lost, x))
      more.push_back({x.id, invalidation_cause::disk_pressure});
  lost.insert(lost.end(), more.begin(), more.end());
  sort_by_id(lost);
}

} // namespace

slot_limits limits_of(const slot& x, const slot_limits& defaults, const members& declared) {
  auto limits = merged(defaults, x.limits);
  if (declared.contains(x.id))
    limits.idle_timeout = std::chrono::milliseconds{0};
  return limits;
}

std::optional<lsn> slot_floor(const std::vector<slot>& slots) {
  std::optional<lsn> floor;
  for (const auto& x : slots)
    if (x.is_valid())
      floor = std::min(floor.value_or(x.restart_lsn), x.restart_lsn);
  return floor;
}

retention_plan plan_retention(const std::vector<slot>& slots, const retention_facts& facts) {
  retention_plan plan;
  if (slots.empty())
    return plan;
  for (const auto& x : slots)
    if (x.is_valid())
      if (auto cause = judge_slot(x, facts))
        plan.lost.push_back({x.id, *cause});
  sort_by_id(plan.lost);
  if (facts.room.is_short())
    relieve_disk(slots, facts, plan.lost);
  plan.prune_through =
      floor_without(slots, plan.lost, std::min(unslotted_floor(facts), comfort_floor(facts)));
  return plan;
}

} // namespace sluice::replication
