#include "replication/topology_book.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sluice::replication {

namespace {

double seconds_of(std::chrono::nanoseconds x) {
  return std::chrono::duration<double>(x).count();
}

/// What raises the epoch when it differs; health is judged apart.
bool is_advertised_alike(const replica_facts& a, const replica_facts& b) {
  return a.region == b.region && a.endpoint == b.endpoint && a.slot_valid == b.slot_valid
         && a.rebootstrapping == b.rebootstrapping;
}

} // namespace

replica_facts facts_of(const registered_replica& replica) {
  return {replica.id,         replica.region,          replica.endpoint, replica.connected,
          replica.slot_valid, replica.rebootstrapping, replica.at,       replica.last_seen};
}

topology visible_to(topology whole, caller_right right) {
  if (right == caller_right::primary_only)
    whole.replicas.clear();
  return whole;
}

topology_book::topology_book(topology_origin origin, topology_limits limits)
    : origin_(std::move(origin)), limits_(limits), epoch_{origin_.term, origin_.incarnation, 0} {}

bool topology_book::set_primary_endpoint(std::string endpoint) {
  auto rises = !origin_.primary.endpoint.empty() && origin_.primary.endpoint != endpoint;
  origin_.primary.endpoint = std::move(endpoint);
  if (rises)
    ++epoch_.counter;
  return rises;
}

bool topology_book::update(const std::vector<replica_facts>& all, monotonic_ns now) {
  auto changed = forget_missing(all);
  auto needed = log_.durable();
  for (const auto& told : all) {
    auto [position, is_new] = replicas_.try_emplace(told.id, entry{told, true, now});
    changed = take(position->second, told, now) || is_new || changed;
    needed = std::min(needed, told.at.applied);
  }
  log_.forget_before(needed);
  if (changed)
    ++epoch_.counter;
  return changed;
}

bool topology_book::take(entry& known, const replica_facts& told, monotonic_ns now) const {
  // What is copied to one that starts over moves no position.
  if (told.at.flushed > known.facts.at.flushed || told.at.flushed >= log_.durable()
      || told.rebootstrapping)
    known.moved_at = now;
  auto changed = !is_advertised_alike(known.facts, told);
  known.facts = told;
  auto healthy = elapsed(told.last_seen, now) <= limits_.healthy_within
                 && elapsed(known.moved_at, now) <= limits_.healthy_within;
  return std::exchange(known.healthy, healthy) != healthy || changed;
}

bool topology_book::forget_missing(const std::vector<replica_facts>& all) {
  std::set<std::string_view> told;
  for (const auto& x : all)
    told.insert(x.id);
  return std::erase_if(replicas_, [&](const auto& x) { return !told.contains(x.first); }) > 0;
}

topology topology_book::next_snapshot(monotonic_ns now) {
  topology result{origin_.cluster, epoch_, ++measurements_, origin_.timeline, origin_.primary,
                  log_.durable(),  {}};
  for (const auto& [id, known] : replicas_)
    result.replicas.push_back(describe(known, now));
  return result;
}

topology_replica topology_book::describe(const entry& known, monotonic_ns now) const {
  const auto& facts = known.facts;
  auto silence = elapsed(facts.last_seen, now);
  if (facts.connected && silence <= limits_.answers_within)
    silence = std::chrono::nanoseconds{0};
  topology_replica x;
  x.id = facts.id;
  x.region = facts.region;
  x.endpoint = facts.endpoint;
  x.healthy = known.healthy;
  x.rebootstrapping = facts.rebootstrapping;
  x.serves_causal_reads = known.healthy && facts.slot_valid && !facts.rebootstrapping;
  x.flushed = facts.at.flushed;
  x.applied = facts.at.applied;
  x.lag_records = distance(facts.at.flushed, log_.durable());
  x.lag_bytes = log_.bytes_after(facts.at.flushed);
  x.lag_seconds = seconds_of(std::max(silence, log_.age_after(facts.at.flushed, now)));
  x.staleness_seconds = seconds_of(std::max(silence, log_.age_after(facts.at.applied, now)));
  return x;
}

} // namespace sluice::replication
