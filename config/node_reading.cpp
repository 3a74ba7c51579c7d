#include "config/node_reading.hpp"

#include "config/units.hpp"

#include <sluice/types.hpp>

#include <algorithm>

namespace sluice::config {

namespace {

std::optional<endpoint> endpoint_of(const resolved_options& values, std::string_view key) {
  auto text = text_or_empty(values, key);
  if (text.empty())
    return std::nullopt;
  return *parse_endpoint(text);
}

void read_size(const resolved_options& values, std::string_view key, std::uint64_t& target) {
  if (auto value = parse_size(text_or_empty(values, key)))
    target = *value;
}

void read_duration(const resolved_options& values, std::string_view key,
                   std::chrono::milliseconds& target) {
  if (auto value = parse_duration(text_or_empty(values, key)))
    target = *value;
}

void read_limits(const resolved_options& values, node_options& node) {
  read_duration(values, "commit-timeout", node.commit_timeout);
  read_duration(values, "slot-idle-timeout", node.slot_idle_timeout);
  read_duration(values, "retain-age", node.retain_age);
  read_size(values, "segment-size", node.segment_bytes);
  read_size(values, "max-record", node.record_bytes_max);
  read_size(values, "retain-min", node.retain_bytes_min);
  read_size(values, "buffer", node.buffer_bytes);
  read_size(values, "window", node.window_bytes);
  read_size(values, "snapshot-rate", node.snapshot_rate);
  read_size(values, "slot-max-bytes", node.slot_bytes_max);
  read_size(values, "flow-soft-bytes", node.flow.soft_bytes);
  read_size(values, "flow-hard-bytes", node.flow.hard_bytes);
  read_duration(values, "flow-soft-time", node.flow.soft_time);
  read_duration(values, "flow-hard-time", node.flow.hard_time);
  if (auto value = parse_count(text_or_empty(values, "max-slots")))
    node.slots_max = *value;
  auto record = values.find("max-record");
  if (record == values.end() || record->second.source == source_default)
    node.record_bytes_max = std::min(node.record_bytes_max, node.segment_bytes / 2);
}

class findings {
public:
  void require(bool good, std::string_view key, std::string reason) {
    if (!good)
      errors_.push_back({std::string{key}, "", std::move(reason)});
  }

  void require_range(std::uint64_t value, std::uint64_t least, std::uint64_t most,
                     std::string_view key) {
    require(value >= least && value <= most, key,
            "must be between " + format_size(least) + " and " + format_size(most));
  }

  std::vector<config_error> take() && { return std::move(errors_); }

private:
  std::vector<config_error> errors_;
};

void check_identity(const node_options& node, findings& found) {
  found.require(!node.data.empty(), "data", "a directory is needed");
  found.require(node.name.empty() || is_valid_name(node.name), "name",
                "not a name: [A-Za-z0-9._-]{1,64}");
  found.require(node.region.empty() || is_valid_name(node.region), "region", "not a name");
  found.require(node.cluster.empty() || is_valid_name(node.cluster), "cluster", "not a name");
}

void check_addresses(const node_options& node, findings& found) {
  found.require(is_loopback(node.listen) || node.insecure, "listen",
                to_string(node.listen)
                    + " can be reached from elsewhere, and whoever connects can read, write and "
                      "crash the node: take a loopback address, or say insecure on a network "
                      "where every host is trusted");
  found.require(!node.tls.any(), "tls-ca",
                "TLS is not supported yet; leave tls-ca, tls-cert and tls-key out");
  found.require(!node.advertise || node.advertise->port != 0, "advertise",
                "nobody can connect to port 0");
  found.require(!node.http, "http", "not supported yet; use `sluice status`");
}

void check_limits(const node_options& node, findings& found) {
  using namespace defaults;
  found.require_range(node.segment_bytes, segment_bytes_min, segment_bytes_max, "segment-size");
  found.require_range(node.record_bytes_max, 1, defaults::record_bytes_max, "max-record");
  found.require(node.record_bytes_max <= node.segment_bytes / 2, "max-record",
                "is more than half of segment-size " + format_size(node.segment_bytes));
  found.require(node.buffer_bytes > 0, "buffer", "must not be 0");
  found.require(node.window_bytes >= window_bytes_min, "window",
                "must be at least " + format_size(window_bytes_min));
  found.require(node.snapshot_rate == 0 || node.snapshot_rate >= snapshot_rate_min, "snapshot-rate",
                "must be 0 or at least " + format_size(snapshot_rate_min));
  found.require(node.slots_max >= 1 && node.slots_max <= slots_max_most, "max-slots",
                "must be between 1 and " + std::to_string(slots_max_most));
  found.require(node.commit_timeout.count() > 0 && node.commit_timeout <= commit_timeout_max,
                "commit-timeout",
                "must be more than 0 and at most " + format_duration(commit_timeout_max));
}

void check_flow(const node_options& node, findings& found) {
  const auto& flow = node.flow;
  found.require(flow.hard_bytes == 0 || flow.soft_bytes < flow.hard_bytes, "flow-soft-bytes",
                "must be less than flow-hard-bytes " + format_size(flow.hard_bytes));
  found.require(flow.hard_time.count() == 0 || flow.soft_time < flow.hard_time, "flow-soft-time",
                "must be less than flow-hard-time " + format_duration(flow.hard_time));
}

void check_policy(const node_options& node, findings& found) {
  if (!node.policy)
    return;
  if (const auto* ack_n = std::get_if<policy_ack_n>(&*node.policy))
    found.require(ack_n->count <= node.slots_max, "policy", "needs more replicas than max-slots");
  if (const auto* regions = std::get_if<policy_regions>(&*node.policy))
    found.require(regions->names.size() <= node.slots_max, "policy",
                  "needs more replicas than max-slots");
}

} // namespace

std::string text_or_empty(const resolved_options& values, std::string_view key) {
  auto position = values.find(key);
  return position == values.end() ? std::string{} : position->second.text;
}

node_options read_node_options(const resolved_options& values) {
  node_options node;
  node.data = text_or_empty(values, "data");
  node.name = text_or_empty(values, "name");
  node.region = text_or_empty(values, "region");
  node.cluster = text_or_empty(values, "cluster");
  if (auto listen = endpoint_of(values, "listen"))
    node.listen = *listen;
  node.advertise = endpoint_of(values, "advertise");
  node.http = endpoint_of(values, "http");
  node.tls = {text_or_empty(values, "tls-ca"), text_or_empty(values, "tls-cert"),
              text_or_empty(values, "tls-key")};
  node.insecure = text_or_empty(values, "insecure") == "true";
  node.kv = text_or_empty(values, "kv") == "true";
  if (auto level = text_or_empty(values, "log-level"); !level.empty())
    node.log_level = level;
  node.log_json = text_or_empty(values, "log-json") == "true";
  auto given = values.find("policy");
  if (given != values.end() && given->second.source != source_default)
    if (auto policy = parse_policy(given->second.text))
      node.policy = *policy;
  read_limits(values, node);
  return node;
}

std::vector<config_error> validate_node(const node_options& node) {
  findings found;
  check_identity(node, found);
  check_addresses(node, found);
  check_limits(node, found);
  check_flow(node, found);
  check_policy(node, found);
  return std::move(found).take();
}

std::vector<config_error> with_sources(std::vector<config_error> errors,
                                       const resolved_options& values) {
  for (auto& x : errors) {
    auto position = values.find(x.key);
    x.source = position == values.end() ? "not given" : position->second.source;
  }
  return errors;
}

} // namespace sluice::config
