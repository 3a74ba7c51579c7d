#include "messages/codec.hpp"
#include "messages/codec_cluster_facts.hpp"
#include "messages/codec_parse.hpp"

#include "wire.pb.h"

#include <sluice/types.hpp>

namespace sluice::messages {

namespace {

constexpr std::size_t text_max = 4096;

} // namespace

std::string encode(const snapshot_needed& x) {
  wire::SnapshotNeeded twin;
  twin.set_cluster(x.cluster);
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_connect_sequence(x.sequence.value);
  twin.set_at_least_lsn(x.at_least.value);
  twin.set_cause(x.cause);
  put_cluster_facts(x.facts, *twin.mutable_facts());
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, snapshot_needed& x) {
  wire::SnapshotNeeded twin;
  if (!parse_twin(bytes, twin) || !is_valid_name(twin.cluster()) || !is_name_or_empty(twin.cause())
      || !take_cluster_facts(twin.facts(), x.facts))
    return false;
  x.cluster = twin.cluster();
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.sequence = connect_sequence{twin.connect_sequence()};
  x.at_least = lsn{twin.at_least_lsn()};
  x.cause = twin.cause();
  return true;
}

std::string encode(const snapshot_request& x) {
  wire::SnapshotRequest twin;
  twin.set_protocol(x.protocol);
  twin.set_cluster(x.cluster);
  twin.set_node(x.node);
  twin.set_attempt(x.attempt);
  twin.set_term(x.term.value);
  twin.set_at_least_lsn(x.at_least.value);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, snapshot_request& x) {
  wire::SnapshotRequest twin;
  if (!parse_twin(bytes, twin) || !is_valid_name(twin.cluster()) || !is_valid_name(twin.node()))
    return false;
  x.protocol = twin.protocol();
  x.cluster = twin.cluster();
  x.node = twin.node();
  x.attempt = twin.attempt();
  x.term = term{twin.term()};
  x.at_least = lsn{twin.at_least_lsn()};
  return true;
}

std::string encode(const snapshot_refused& x) {
  wire::SnapshotRefused twin;
  twin.set_attempt(x.attempt);
  twin.set_code(static_cast<std::uint32_t>(x.code));
  twin.set_reason(x.reason.substr(0, text_max));
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, snapshot_refused& x) {
  wire::SnapshotRefused twin;
  if (!parse_twin(bytes, twin) || twin.code() > UINT8_MAX || twin.reason().size() > text_max)
    return false;
  x.attempt = twin.attempt();
  x.code = static_cast<errc>(twin.code());
  x.reason = twin.reason();
  return true;
}

std::string encode(const snapshot_building& x) {
  wire::SnapshotBuilding twin;
  twin.set_attempt(x.attempt);
  twin.set_bytes(x.bytes);
  twin.set_total_bytes(x.total_bytes);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, snapshot_building& x) {
  wire::SnapshotBuilding twin;
  if (!parse_twin(bytes, twin))
    return false;
  x.attempt = twin.attempt();
  x.bytes = twin.bytes();
  x.total_bytes = twin.total_bytes();
  return true;
}

std::string encode(const snapshot_offer& x) {
  wire::SnapshotOffer twin;
  twin.set_attempt(x.attempt);
  twin.set_cluster(x.cluster);
  twin.set_term(x.term.value);
  twin.set_manifest(x.manifest);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, snapshot_offer& x) {
  wire::SnapshotOffer twin;
  if (!parse_twin(bytes, twin) || !is_valid_name(twin.cluster())
      || twin.manifest().size() > manifest_bytes_max)
    return false;
  x.attempt = twin.attempt();
  x.cluster = twin.cluster();
  x.term = term{twin.term()};
  x.manifest = twin.manifest();
  return true;
}

std::string encode(const snapshot_chunk& x) {
  wire::SnapshotChunk twin;
  twin.set_attempt(x.attempt);
  twin.set_index(x.index);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, const payload& block, snapshot_chunk& x) {
  wire::SnapshotChunk twin;
  if (!parse_twin(bytes, twin) || block.empty())
    return false;
  x.attempt = twin.attempt();
  x.index = twin.index();
  x.bytes = block;
  return true;
}

std::vector<payload> payloads_of(const snapshot_chunk& x) {
  return {x.bytes};
}

std::string encode(const snapshot_staged& x) {
  wire::SnapshotStaged twin;
  twin.set_attempt(x.attempt);
  twin.set_chunks(x.chunks);
  twin.set_is_over(x.is_over);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, snapshot_staged& x) {
  wire::SnapshotStaged twin;
  if (!parse_twin(bytes, twin))
    return false;
  x.attempt = twin.attempt();
  x.chunks = twin.chunks();
  x.is_over = twin.is_over();
  return true;
}

} // namespace sluice::messages
