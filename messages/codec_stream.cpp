#include "messages/codec.hpp"
#include "messages/codec_parse.hpp"

#include "wire.pb.h"

namespace sluice::messages {

namespace {

std::string encode_header(const stream_header& x) {
  wire::StreamHeader twin;
  twin.set_term(x.term.value);
  twin.set_timeline(x.timeline.value);
  twin.set_connect_sequence(x.sequence.value);
  twin.set_durable_lsn(x.durable.value);
  twin.set_commit_lsn(x.commit.value);
  twin.set_clock_ms(x.clock.value);
  twin.set_oldest_lsn(x.oldest.value);
  return twin.SerializeAsString();
}

bool decode_header(std::string_view bytes, stream_header& x) {
  wire::StreamHeader twin;
  if (!parse_twin(bytes, twin))
    return false;
  x.term = term{twin.term()};
  x.timeline = timeline_id{twin.timeline()};
  x.sequence = connect_sequence{twin.connect_sequence()};
  x.durable = lsn{twin.durable_lsn()};
  x.commit = lsn{twin.commit_lsn()};
  x.clock = timestamp_ms{twin.clock_ms()};
  x.oldest = lsn{twin.oldest_lsn()};
  return true;
}

} // namespace

std::string encode(const heartbeat& x) {
  return encode_header(x.header);
}

bool decode(std::string_view bytes, heartbeat& x) {
  return decode_header(bytes, x.header);
}

std::string encode(const stream_batches& x) {
  return encode_header(x.header);
}

bool decode(std::string_view bytes, const payload& block, stream_batches& x) {
  if (block.empty() || !decode_header(bytes, x.header))
    return false;
  x.blocks = {block};
  return true;
}

std::vector<payload> payloads_of(const stream_batches& x) {
  return x.blocks;
}

} // namespace sluice::messages
