#include "tools/node_serving.hpp"

#include "examples/kv/kv_snapshot.hpp"
#include "examples/kv/kv_store.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>

namespace sluice::tools {

namespace {

/// Less than the five seconds that are promised.
constexpr std::chrono::milliseconds close_within{4500};

constexpr std::array unused_keys{"commit-timeout"};

} // namespace

void take_options(const config::node_options& options, node_config& into) {
  into.data = options.data;
  into.name = options.name;
  into.region = options.region;
  into.cluster = options.cluster;
  into.listen = {options.listen.host, options.listen.port};
  if (options.advertise)
    into.advertise = node_endpoint{options.advertise->host, options.advertise->port};
  into.insecure = options.insecure;
  into.segment_bytes = options.segment_bytes;
  into.record_bytes_max = options.record_bytes_max;
  into.buffer_bytes = options.buffer_bytes;
  into.window_bytes = options.window_bytes;
  into.snapshot_rate = options.snapshot_rate;
  if (options.kv) {
    into.applier = std::make_shared<kv::kv_store>();
    into.snapshots = std::make_shared<kv::kv_snapshot_source>(into.data);
    into.installs = std::make_shared<kv::kv_snapshot_sink>(into.data);
  }
}

void warn_of_unused(const config::resolved_options& values) {
  for (const auto* key : unused_keys) {
    auto value = values.find(key);
    if (value != values.end() && value->second.source != config::source_default)
      spdlog::get("sluice")->warn("option without effect in this version option={} source=\"{}\"",
                                  key, value->second.source);
  }
}

std::string ready_line(const node_start& start, const node_endpoint& listening) {
  auto line = std::string{"ready role="} + (start.is_primary ? "primary" : "replica")
              + " name=" + start.name + " listen=" + to_string(listening)
              + " term=" + to_string(start.term) + " timeline=" + to_string(start.timeline)
              + " durable_lsn=" + to_string(start.durable);
  if (start.confirming)
    line += " state=confirming";
  return line;
}

exit_status serve(const std::string& ready, stop_signal& signal,
                  const std::function<caf::error()>& close) {
  std::puts(ready.c_str());
  std::fflush(stdout);
  signal.wait();
  end_within(close_within, exit_status::failed, "the log does not close; leaving without it");
  auto err = close();
  auto status = err ? complain(err) : exit_status::done;
  spdlog::get("sluice")->info("closed");
  return status;
}

} // namespace sluice::tools
