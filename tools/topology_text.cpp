#include "tools/topology_text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace sluice::tools {

namespace {

using json = nlohmann::ordered_json;

json json_of(const topology_replica& x) {
  return {{"id", x.id},
          {"region", x.region},
          {"endpoint", x.endpoint},
          {"healthy", x.healthy},
          {"rebootstrapping", x.rebootstrapping},
          {"serves_causal_reads", x.serves_causal_reads},
          {"flushed_lsn", x.flushed.value},
          {"applied_lsn", x.applied.value},
          {"lag_records", x.lag_records},
          {"lag_bytes", x.lag_bytes},
          {"lag_seconds", x.lag_seconds},
          {"staleness_seconds", x.staleness_seconds}};
}

const char* yes_or_no(bool x) {
  return x ? "yes" : "no";
}

std::string or_dash(const std::string& x) {
  return x.empty() ? "-" : x;
}

} // namespace

std::string topology_json(const topology& x) {
  json replicas = json::array();
  for (const auto& replica : x.replicas)
    replicas.push_back(json_of(replica));
  json object{
      {"cluster", x.cluster},
      {"epoch", to_string(x.epoch)},
      {"term", x.epoch.term.value},
      {"timeline", x.timeline.value},
      {"durable_lsn", x.durable.value},
      {"primary",
       {{"id", x.primary.id}, {"endpoint", x.primary.endpoint}, {"region", x.primary.region}}},
      {"replicas", replicas}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string topology_table(const topology& x) {
  constexpr const char* row = "{:<16}{:<9}{:<12}{:<22}{:<9}{:<8}{:>12}{:>9}{:>8}\n";
  auto text = fmt::format("cluster={} epoch={} timeline={} durable={}\n", x.cluster,
                          to_string(x.epoch), x.timeline.value, x.durable.value);
  text += fmt::format(row, "node", "role", "region", "endpoint", "healthy", "causal", "applied",
                      "lag", "lag s");
  text += fmt::format(row, x.primary.id, "primary", or_dash(x.primary.region),
                      or_dash(x.primary.endpoint), "-", "yes", x.durable.value, 0, "0.0");
  for (const auto& r : x.replicas)
    text += fmt::format(row, r.id, r.rebootstrapping ? "rebuilds" : "replica", or_dash(r.region),
                        or_dash(r.endpoint), yes_or_no(r.healthy), yes_or_no(r.serves_causal_reads),
                        r.applied.value, r.lag_records, fmt::format("{:.1f}", r.lag_seconds));
  return text;
}

} // namespace sluice::tools
