#include "messages/codec.hpp"
#include "messages/codec_parse.hpp"

#include "wire.pb.h"

#include <sluice/types.hpp>

namespace sluice::messages {

namespace {

constexpr std::size_t text_max = 4096;

} // namespace

std::string encode(const grant_request& x) {
  wire::GrantRequest twin;
  twin.set_cluster(x.cluster);
  twin.set_candidate(x.candidate);
  twin.set_endpoint(x.endpoint);
  twin.set_term(x.term.value);
  twin.set_last_term(x.last_term.value);
  twin.set_flushed_lsn(x.flushed.value);
  twin.set_forced(x.is_forced);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, grant_request& x) {
  wire::GrantRequest twin;
  if (!parse_twin(bytes, twin) || !is_name_or_empty(twin.cluster())
      || !is_valid_name(twin.candidate()) || !is_endpoint_text(twin.endpoint()))
    return false;
  x.cluster = twin.cluster();
  x.candidate = twin.candidate();
  x.endpoint = twin.endpoint();
  x.term = term{twin.term()};
  x.last_term = term{twin.last_term()};
  x.flushed = lsn{twin.flushed_lsn()};
  x.is_forced = twin.forced();
  return true;
}

std::string encode(const grant_reply& x) {
  wire::GrantReply twin;
  twin.set_code(static_cast<std::uint32_t>(x.code));
  twin.set_reason(x.reason.substr(0, text_max));
  twin.set_node(x.node);
  twin.set_term(x.term.value);
  twin.set_last_term(x.last_term.value);
  twin.set_flushed_lsn(x.flushed.value);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, grant_reply& x) {
  wire::GrantReply twin;
  if (!parse_twin(bytes, twin) || twin.code() > UINT8_MAX || twin.reason().size() > text_max
      || !is_name_or_empty(twin.node()))
    return false;
  x.code = static_cast<errc>(twin.code());
  x.reason = twin.reason();
  x.node = twin.node();
  x.term = term{twin.term()};
  x.last_term = term{twin.last_term()};
  x.flushed = lsn{twin.flushed_lsn()};
  return true;
}

} // namespace sluice::messages
