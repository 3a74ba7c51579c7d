#include "messages/codec.hpp"
#include "messages/codec_cluster_facts.hpp"
#include "messages/codec_parse.hpp"

#include "wire.pb.h"

#include <algorithm>

namespace sluice::messages {

namespace {

constexpr int history_points_max = 64;
constexpr std::size_t text_max = 4096;

void fill(const node_identity& x, wire::Identity& twin) {
  twin.set_node(x.node);
  twin.set_storage(x.storage.value);
  twin.set_incarnation(x.incarnation.value);
  twin.set_connect_sequence(x.sequence.value);
}

bool read(const wire::Identity& twin, node_identity& x) {
  x.node = twin.node();
  x.storage = storage_id{twin.storage()};
  x.incarnation = incarnation{twin.incarnation()};
  x.sequence = connect_sequence{twin.connect_sequence()};
  return is_valid_name(x.node);
}

} // namespace

std::string encode(const hello& x) {
  wire::Hello twin;
  twin.set_protocol(x.protocol);
  twin.set_cluster(x.cluster);
  fill(x.identity, *twin.mutable_identity());
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_last_term(x.last_term.value);
  twin.set_flushed_lsn(x.flushed.value);
  for (const auto& point : x.history) {
    auto* out = twin.add_history();
    out->set_lsn(point.lsn.value);
    out->set_digest(point.digest.value);
  }
  twin.set_region(x.region);
  twin.set_endpoint(x.endpoint);
  twin.set_is_log_only(x.is_log_only);
  twin.set_can_install(x.can_install);
  twin.set_wants_snapshot(x.wants_snapshot);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, hello& x) {
  wire::Hello twin;
  if (!parse_twin(bytes, twin) || !read(twin.identity(), x.identity)
      || twin.history_size() > history_points_max || !is_name_or_empty(twin.cluster())
      || !is_name_or_empty(twin.region()) || !is_endpoint_text(twin.endpoint()))
    return false;
  x.protocol = twin.protocol();
  x.cluster = twin.cluster();
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.last_term = term{twin.last_term()};
  x.flushed = lsn{twin.flushed_lsn()};
  x.history.clear();
  for (const auto& point : twin.history())
    x.history.push_back({lsn{point.lsn()}, digest{point.digest()}});
  x.region = twin.region();
  x.endpoint = twin.endpoint();
  x.is_log_only = twin.is_log_only();
  x.can_install = twin.can_install();
  x.wants_snapshot = twin.wants_snapshot();
  return true;
}

std::string encode(const welcome& x) {
  wire::Welcome twin;
  twin.set_protocol(x.protocol);
  twin.set_cluster(x.cluster);
  twin.set_primary(x.primary);
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_connect_sequence(x.sequence.value);
  twin.set_resume_after(x.resume_after.value);
  twin.set_resume_digest(x.resume_digest.value);
  twin.set_durable_lsn(x.durable.value);
  twin.set_commit_lsn(x.commit.value);
  put_cluster_facts(x, twin);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, welcome& x) {
  wire::Welcome twin;
  if (!parse_twin(bytes, twin) || !is_valid_name(twin.cluster())
      || !is_name_or_empty(twin.primary()) || !take_cluster_facts(twin, x))
    return false;
  x.protocol = twin.protocol();
  x.cluster = twin.cluster();
  x.primary = twin.primary();
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.sequence = connect_sequence{twin.connect_sequence()};
  x.resume_after = lsn{twin.resume_after()};
  x.resume_digest = digest{twin.resume_digest()};
  x.durable = lsn{twin.durable_lsn()};
  x.commit = lsn{twin.commit_lsn()};
  return true;
}

std::string encode(const rejected& x) {
  wire::Rejected twin;
  twin.set_code(static_cast<std::uint32_t>(x.code));
  twin.set_reason(x.reason.substr(0, text_max));
  twin.set_connect_sequence(x.sequence.value);
  twin.set_term(x.term.value);
  twin.set_primary_endpoint(x.primary_endpoint);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, rejected& x) {
  wire::Rejected twin;
  if (!parse_twin(bytes, twin) || twin.code() > UINT8_MAX || twin.reason().size() > text_max
      || !is_endpoint_text(twin.primary_endpoint()))
    return false;
  x.code = static_cast<errc>(twin.code());
  x.reason = twin.reason();
  x.sequence = connect_sequence{twin.connect_sequence()};
  x.term = term{twin.term()};
  x.primary_endpoint = twin.primary_endpoint();
  return true;
}

std::string encode(const rebootstrap& x) {
  wire::Rebootstrap twin;
  twin.set_cluster(x.cluster);
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_connect_sequence(x.sequence.value);
  twin.set_start_lsn(x.start.value);
  twin.set_digest_before(x.before.value);
  twin.set_cause(x.cause);
  twin.set_last_term(x.last_term.value);
  put_cluster_facts(x.facts, *twin.mutable_facts());
  twin.set_producers(x.producers);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, rebootstrap& x) {
  wire::Rebootstrap twin;
  if (!parse_twin(bytes, twin) || !is_valid_name(twin.cluster()) || !is_name_or_empty(twin.cause())
      || twin.start_lsn() == 0 || twin.producers().size() > producers_bytes_max
      || !take_cluster_facts(twin.facts(), x.facts))
    return false;
  x.cluster = twin.cluster();
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.sequence = connect_sequence{twin.connect_sequence()};
  x.start = lsn{twin.start_lsn()};
  x.before = digest{twin.digest_before()};
  x.cause = twin.cause();
  x.last_term = term{twin.last_term()};
  x.producers = twin.producers();
  return true;
}

std::string encode(const rewind& x) {
  wire::Rewind twin;
  twin.set_cluster(x.cluster);
  twin.set_term(x.term.value);
  twin.set_connect_sequence(x.sequence.value);
  twin.set_through_lsn(x.through.value);
  twin.set_digest(x.at.value);
  twin.set_parted_at_lsn(x.parted_at.value);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, rewind& x) {
  wire::Rewind twin;
  if (!parse_twin(bytes, twin) || !is_valid_name(twin.cluster()))
    return false;
  x.cluster = twin.cluster();
  x.term = term{twin.term()};
  x.sequence = connect_sequence{twin.connect_sequence()};
  x.through = lsn{twin.through_lsn()};
  x.at = digest{twin.digest()};
  x.parted_at = lsn{twin.parted_at_lsn()};
  return true;
}

std::string encode(const replica_ack& x) {
  wire::ReplicaAck twin;
  fill(x.identity, *twin.mutable_identity());
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_received_lsn(x.received.value);
  twin.set_flushed_lsn(x.flushed.value);
  twin.set_applied_lsn(x.applied.value);
  twin.set_apply_errors(x.apply_errors);
  twin.set_divergences(x.divergences);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, replica_ack& x) {
  wire::ReplicaAck twin;
  if (!parse_twin(bytes, twin) || !read(twin.identity(), x.identity))
    return false;
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.received = lsn{twin.received_lsn()};
  x.flushed = lsn{twin.flushed_lsn()};
  x.applied = lsn{twin.applied_lsn()};
  x.apply_errors = twin.apply_errors();
  x.divergences = twin.divergences();
  return true;
}

std::string encode(const client_hello& x) {
  wire::ClientHello twin;
  twin.set_protocol(x.protocol);
  twin.set_client(x.client);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, client_hello& x) {
  wire::ClientHello twin;
  if (!parse_twin(bytes, twin) || !is_name_or_empty(twin.client()))
    return false;
  x.protocol = twin.protocol();
  x.client = twin.client();
  return true;
}

std::string encode(const client_welcome& x) {
  wire::ClientWelcome twin;
  twin.set_protocol(x.protocol);
  twin.set_node(x.node);
  twin.set_cluster(x.cluster);
  twin.set_term(x.term.value);
  twin.set_credit_bytes(x.credit_bytes);
  twin.set_record_bytes_max(x.record_bytes_max);
  twin.set_append_bytes_max(x.append_bytes_max);
  twin.set_append_records_max(x.append_records_max);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, client_welcome& x) {
  wire::ClientWelcome twin;
  if (!parse_twin(bytes, twin) || !is_name_or_empty(twin.node())
      || !is_name_or_empty(twin.cluster()))
    return false;
  x.protocol = twin.protocol();
  x.node = twin.node();
  x.cluster = twin.cluster();
  x.term = term{twin.term()};
  x.credit_bytes = twin.credit_bytes();
  x.record_bytes_max = twin.record_bytes_max();
  x.append_bytes_max = twin.append_bytes_max();
  x.append_records_max = twin.append_records_max();
  return true;
}

} // namespace sluice::messages
