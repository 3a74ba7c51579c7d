#pragma once

#include "replication/flow_control.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::actors {

/// The flow control of one writer: what it has written and what it last saw of the replicas
/// make a lag, the lag a delay between two writes.
class append_flow {
public:
  append_flow(flow_control_limits limits, replication::members declared, lsn durable);

  /// What commits wait for by default; under `local` nothing is slowed.
  void follow(commit_policy policy) { policy_ = std::move(policy); }
  void see(std::vector<replication::follower> followers);
  void note_written(lsn through, std::uint64_t bytes, replication::monotonic_ns now);
  /// Nothing is held back any more: the node closes.
  void stop() { is_stopped_ = true; }

  /// Why an append is refused now; none when it is not.
  std::optional<std::string> refuse(replication::monotonic_ns now);

  /// When the next write may begin.
  replication::monotonic_ns next_write_at(replication::monotonic_ns now);
  /// So many appends were held back until now.
  void note_delayed(std::uint64_t count) { delayed_total_ += count; }

  flow_control_status report(replication::monotonic_ns now);

private:
  bool is_on() const;
  replication::flow_verdict judge(replication::monotonic_ns now);

  flow_control_limits limits_;
  replication::members declared_;
  commit_policy policy_;
  replication::flow_gauge gauge_;
  replication::flow_gauge::reading last_reading_;
  replication::monotonic_ns measured_at_;
  replication::monotonic_ns last_write_at_;
  bool is_measured_ = false;
  bool is_stopped_ = false;
  std::uint64_t delayed_total_ = 0;
  std::uint64_t refused_total_ = 0;
};

} // namespace sluice::actors
