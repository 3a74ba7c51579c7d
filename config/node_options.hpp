#pragma once

#include "config/defaults.hpp"
#include "config/endpoint.hpp"

#include <sluice/commit_policy.hpp>
#include <sluice/flow_control.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::config {

/// Files of one node's identity; all of them or none.
struct tls_files {
  std::string ca;
  std::string cert;
  std::string key;

  bool any() const { return !ca.empty() || !cert.empty() || !key.empty(); }
};

/// What every node is told. A replica takes the primary's limits too: it may be promoted.
struct node_options {
  std::string data;
  /// Empty: the directory's; a primary that is new is called `primary`.
  std::string name;
  /// Empty for none.
  std::string region;
  /// Empty: the directory's, or the one that is met or made first.
  std::string cluster;
  endpoint listen{"127.0.0.1", 4150};
  /// Where others reach the node when it is not `listen`.
  std::optional<endpoint> advertise;
  std::optional<endpoint> http;
  tls_files tls;
  bool insecure = false;
  /// Whether it keeps the state of the key-value store of the examples.
  bool kv = false;
  std::string log_level = "info";
  bool log_json = false;

  /// None when nobody asked for one: the directory may remember what was last set.
  std::optional<commit_policy> policy;
  std::chrono::milliseconds commit_timeout = defaults::commit_timeout;
  std::uint64_t segment_bytes = defaults::segment_bytes;
  std::uint64_t record_bytes_max = defaults::record_bytes_max;
  std::uint64_t retain_bytes_min = defaults::retain_bytes_min;
  /// 0: log is not kept for its age.
  std::chrono::milliseconds retain_age{0};
  std::uint64_t buffer_bytes = defaults::buffer_bytes;
  std::uint64_t window_bytes = defaults::window_bytes;
  /// Of a snapshot to one replica, per second; 0: any.
  std::uint64_t snapshot_rate = defaults::snapshot_rate;
  flow_control_limits flow{defaults::flow_soft_bytes, defaults::flow_hard_bytes,
                           defaults::flow_soft_time, defaults::flow_hard_time};
  std::uint64_t slots_max = defaults::slots_max;
  /// 0: any.
  std::uint64_t slot_bytes_max = defaults::slot_bytes_max;
  /// 0: never.
  std::chrono::milliseconds slot_idle_timeout = defaults::slot_idle_timeout;
};

} // namespace sluice::config
