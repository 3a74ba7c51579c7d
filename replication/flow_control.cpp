#include "replication/flow_control.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

/// 0 through `soft`, 1 at `hard`, in a line between them.
double pressure(double lag, double soft, double hard) {
  if (soft <= 0 || lag <= soft)
    return 0;
  auto span = hard > soft ? hard - soft : soft;
  return std::min(1.0, (lag - soft) / span);
}

bool is_past(double lag, double hard) {
  return hard > 0 && lag >= hard;
}

double seconds_of(std::chrono::nanoseconds x) {
  return std::chrono::duration<double>(x).count();
}

struct is_awaited_by {
  const follower& x;
  const members& declared;

  bool is_voter() const { return declared.empty() || declared.contains(x.id); }

  bool operator()(const policy_local&) const { return false; }
  bool operator()(const policy_ack_n&) const { return is_voter(); }
  bool operator()(const policy_quorum&) const { return declared.contains(x.id); }
  bool operator()(const policy_regions& regions) const {
    return is_voter() && regions.names.contains(x.region);
  }
};

} // namespace

std::string to_string(flow_state state) {
  switch (state) {
  case flow_state::off: return "off";
  case flow_state::open: return "open";
  case flow_state::slowing: return "slowing";
  case flow_state::refusing: return "refusing";
  }
  return "off";
}

bool is_on(const flow_control_limits& limits) {
  return limits.soft_bytes > 0 || limits.hard_bytes > 0 || limits.soft_time.count() > 0
         || limits.hard_time.count() > 0;
}

flow_verdict judge_flow(const flow_lag& lag, const flow_control_limits& limits) {
  if (!is_on(limits))
    return {};
  auto bytes = static_cast<double>(lag.bytes);
  auto soft_bytes = static_cast<double>(limits.soft_bytes);
  auto hard_bytes = static_cast<double>(limits.hard_bytes);
  auto time = seconds_of(lag.time);
  auto soft_time = seconds_of(limits.soft_time);
  auto hard_time = seconds_of(limits.hard_time);
  if (is_past(bytes, hard_bytes) || is_past(time, hard_time))
    return {flow_state::refusing, flow_delay_max};
  auto most =
      std::max(pressure(bytes, soft_bytes, hard_bytes), pressure(time, soft_time, hard_time));
  auto delay =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double, std::nano>(
          static_cast<double>(flow_delay_max.count()) * most * most));
  return {most > 0 ? flow_state::slowing : flow_state::open, delay};
}

bool is_awaited(const follower& x, const commit_policy& policy, const members& declared) {
  return std::visit(is_awaited_by{x, declared}, policy);
}

void flow_gauge::note_written(lsn through, std::uint64_t bytes, monotonic_ns now) {
  const auto& before = written_.empty() ? start_ : written_.back();
  written_.push_back({through, before.bytes + bytes, now});
  if (written_.size() <= points_max)
    return;
  // Every other point goes, not the last: what was written between is measured less finely.
  std::deque<point> kept;
  for (std::size_t i = written_.size() % 2 == 0 ? 1 : 0; i < written_.size(); i += 2) {
    kept.push_back(written_[i]);
    // The age is that of the oldest record that the point stands for.
    if (i > 0)
      kept.back().at = written_[i - 1].at;
  }
  written_ = std::move(kept);
}

/// None when what it lacks was written before anything was measured.
std::optional<flow_lag> flow_gauge::lag_behind(lsn durable, monotonic_ns now) const {
  if (written_.empty() || durable >= written_.back().through)
    return flow_lag{};
  if (durable < start_.through)
    return std::nullopt;
  auto next = std::partition_point(written_.begin(), written_.end(),
                                   [&](const point& x) { return x.through <= durable; });
  const auto& before = next == written_.begin() ? start_ : *std::prev(next);
  // Inside a point records are taken to be equally large.
  auto records = static_cast<double>(distance(before.through, next->through));
  auto held = static_cast<double>(distance(before.through, durable));
  auto part = static_cast<double>(next->bytes - before.bytes) * (1 - held / records);
  return flow_lag{written_.back().bytes - next->bytes + static_cast<std::uint64_t>(part),
                  elapsed(next->at, now)};
}

bool flow_gauge::counts(const follower& x, const std::optional<flow_lag>& lag, monotonic_ns now) {
  auto is_live = x.connected && x.valid && elapsed(x.heard_at, now) <= flow_silent_after;
  if (!is_live || !lag) {
    if (auto found = in_sync_.find(x.id); found != in_sync_.end())
      in_sync_.erase(found);
    return false;
  }
  if (judge_flow(*lag, limits_).state == flow_state::open)
    in_sync_.insert(x.id);
  return in_sync_.contains(x.id);
}

flow_gauge::reading flow_gauge::measure(const commit_policy& policy, const members& declared,
                                        monotonic_ns now) {
  reading worst;
  std::optional<lsn> least;
  for (const auto& x : followers_) {
    auto lag = lag_behind(x.durable, now);
    if (!is_awaited(x, policy, declared) || !counts(x, lag, now))
      continue;
    if (!least || x.durable < *least) {
      least = x.durable;
      worst = {*lag, x.id};
    }
  }
  return worst;
}

} // namespace sluice::replication
