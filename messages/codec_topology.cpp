#include "messages/codec.hpp"
#include "messages/codec_parse.hpp"

#include "wire.pb.h"

#include <algorithm>
#include <cmath>

namespace sluice::messages {

namespace {

constexpr int replicas_max = 100'000;
constexpr std::size_t text_max = 4096;

void fill(const topology_epoch& x, wire::TopologyEpoch& twin) {
  twin.set_term(x.term.value);
  twin.set_incarnation(x.incarnation.value);
  twin.set_counter(x.counter);
}

topology_epoch read(const wire::TopologyEpoch& twin) {
  return {term{twin.term()}, incarnation{twin.incarnation()}, twin.counter()};
}

bool is_sound(double seconds) {
  return std::isfinite(seconds) && seconds >= 0;
}

void fill(const topology_replica& x, wire::TopologyReplica& twin) {
  twin.set_id(x.id);
  twin.set_region(x.region);
  twin.set_endpoint(x.endpoint);
  twin.set_healthy(x.healthy);
  twin.set_rebootstrapping(x.rebootstrapping);
  twin.set_serves_causal_reads(x.serves_causal_reads);
  twin.set_flushed_lsn(x.flushed.value);
  twin.set_applied_lsn(x.applied.value);
  twin.set_lag_records(x.lag_records);
  twin.set_lag_bytes(x.lag_bytes);
  twin.set_lag_seconds(x.lag_seconds);
  twin.set_staleness_seconds(x.staleness_seconds);
}

bool read(const wire::TopologyReplica& twin, topology_replica& x) {
  x.id = twin.id();
  x.region = twin.region();
  x.endpoint = twin.endpoint();
  x.healthy = twin.healthy();
  x.rebootstrapping = twin.rebootstrapping();
  x.serves_causal_reads = twin.serves_causal_reads();
  x.flushed = lsn{twin.flushed_lsn()};
  x.applied = lsn{twin.applied_lsn()};
  x.lag_records = twin.lag_records();
  x.lag_bytes = twin.lag_bytes();
  x.lag_seconds = twin.lag_seconds();
  x.staleness_seconds = twin.staleness_seconds();
  return is_valid_name(x.id) && is_name_or_empty(x.region) && is_endpoint_text(x.endpoint)
         && is_sound(x.lag_seconds) && is_sound(x.staleness_seconds);
}

} // namespace

std::string encode(const topology_request&) {
  return {};
}

bool decode(std::string_view, topology_request&) {
  return true;
}

std::string encode(const topology_subscribe&) {
  return {};
}

bool decode(std::string_view, topology_subscribe&) {
  return true;
}

std::string encode(const topology_reply& reply) {
  const auto& x = reply.topology;
  wire::TopologyReply twin;
  twin.set_code(static_cast<std::uint32_t>(reply.code));
  twin.set_reason(reply.reason.substr(0, text_max));
  twin.set_cluster(x.cluster);
  fill(x.epoch, *twin.mutable_epoch());
  twin.set_measurement(x.measurement);
  twin.set_timeline(x.timeline.value);
  twin.set_primary(x.primary.id);
  twin.set_primary_endpoint(x.primary.endpoint);
  twin.set_primary_region(x.primary.region);
  twin.set_durable_lsn(x.durable.value);
  for (const auto& replica : x.replicas)
    fill(replica, *twin.add_replicas());
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, topology_reply& reply) {
  wire::TopologyReply twin;
  if (!parse_twin(bytes, twin) || twin.code() > UINT8_MAX || twin.reason().size() > text_max
      || twin.replicas_size() > replicas_max || !is_name_or_empty(twin.cluster())
      || !is_name_or_empty(twin.primary()) || !is_name_or_empty(twin.primary_region())
      || !is_endpoint_text(twin.primary_endpoint()))
    return false;
  reply.code = static_cast<errc>(twin.code());
  reply.reason = twin.reason();
  auto& x = reply.topology;
  x.cluster = twin.cluster();
  x.epoch = read(twin.epoch());
  x.measurement = twin.measurement();
  x.timeline = timeline_id{twin.timeline()};
  x.primary = {twin.primary(), twin.primary_endpoint(), twin.primary_region()};
  x.durable = lsn{twin.durable_lsn()};
  x.replicas.resize(static_cast<std::size_t>(twin.replicas_size()));
  return std::equal(
      twin.replicas().begin(), twin.replicas().end(), x.replicas.begin(),
      [](const wire::TopologyReplica& from, topology_replica& into) { return read(from, into); });
}

std::string encode(const topology_seen& x) {
  wire::TopologySeen twin;
  fill(x.epoch, *twin.mutable_epoch());
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, topology_seen& x) {
  wire::TopologySeen twin;
  if (!parse_twin(bytes, twin))
    return false;
  x.epoch = read(twin.epoch());
  return true;
}

} // namespace sluice::messages
