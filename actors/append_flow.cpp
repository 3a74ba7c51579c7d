#include "actors/append_flow.hpp"

namespace sluice::actors {

namespace {

/// Between two measurements: what was written meanwhile changes little.
constexpr std::chrono::milliseconds measure_every{1};

} // namespace

append_flow::append_flow(flow_control_limits limits, replication::members declared, lsn durable)
    : limits_(limits), declared_(std::move(declared)), gauge_(limits, durable) {}

bool append_flow::is_on() const {
  return !is_stopped_ && !std::holds_alternative<policy_local>(policy_)
         && replication::is_on(limits_);
}

void append_flow::see(std::vector<replication::follower> followers) {
  gauge_.see(std::move(followers));
  is_measured_ = false;
}

void append_flow::note_written(lsn through, std::uint64_t bytes, replication::monotonic_ns now) {
  last_write_at_ = now;
  // Also while it is off: the policy can change.
  if (replication::is_on(limits_))
    gauge_.note_written(through, bytes, now);
}

replication::flow_verdict append_flow::judge(replication::monotonic_ns now) {
  if (!is_on()) {
    last_reading_ = {};
    is_measured_ = false;
    return {};
  }
  if (!is_measured_ || replication::elapsed(measured_at_, now) >= measure_every) {
    last_reading_ = gauge_.measure(policy_, declared_, now);
    measured_at_ = now;
    is_measured_ = true;
  }
  return replication::judge_flow(last_reading_.lag, limits_);
}

std::optional<std::string> append_flow::refuse(replication::monotonic_ns now) {
  if (judge(now).state != replication::flow_state::refusing)
    return std::nullopt;
  ++refused_total_;
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(last_reading_.lag.time).count();
  return "replica " + last_reading_.slowest + " is " + std::to_string(last_reading_.lag.bytes)
         + " bytes and " + std::to_string(seconds)
         + " s behind, over a hard limit of flow control; nothing was written. Try again later, "
           "or look at that replica: its disk or its link is too slow for what is appended";
}

replication::monotonic_ns append_flow::next_write_at(replication::monotonic_ns now) {
  return replication::later(last_write_at_, judge(now).delay);
}

flow_control_status append_flow::report(replication::monotonic_ns now) {
  auto verdict = judge(now);
  flow_control_status x;
  x.state = replication::to_string(verdict.state);
  x.lag_bytes = last_reading_.lag.bytes;
  x.lag_seconds = std::chrono::duration<double>(last_reading_.lag.time).count();
  x.slowest = last_reading_.slowest;
  x.delay_us = static_cast<std::uint64_t>(verdict.delay.count()) / 1000;
  x.delayed_total = delayed_total_;
  x.refused_total = refused_total_;
  x.limits = limits_;
  return x;
}

} // namespace sluice::actors
