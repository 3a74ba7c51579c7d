#include "messages/codec.hpp"
#include "messages/codec_parse.hpp"
#include "messages/codec_slot_limits.hpp"

#include "wire.pb.h"

namespace sluice::messages {

namespace {

constexpr std::size_t subject_max = 4096;
constexpr std::size_t text_max = 4096;

} // namespace

std::string encode(const control_request& x) {
  wire::ControlRequest twin;
  twin.set_command(static_cast<std::uint32_t>(x.command));
  twin.set_subject(x.subject);
  if (!x.limits.is_empty())
    fill_limits(x.limits, *twin.mutable_limits());
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, control_request& x) {
  wire::ControlRequest twin;
  if (!parse_twin(bytes, twin) || twin.command() > UINT8_MAX || twin.subject().size() > subject_max)
    return false;
  // One that this node doesn't know is for its receiver to refuse.
  x.command = static_cast<control_command>(twin.command());
  x.subject = twin.subject();
  x.limits = read_limits(twin.limits());
  return true;
}

std::string encode(const control_reply& x) {
  wire::ControlReply twin;
  twin.set_code(static_cast<std::uint32_t>(x.code));
  twin.set_text(x.text.substr(0, text_max));
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, control_reply& x) {
  wire::ControlReply twin;
  if (!parse_twin(bytes, twin) || twin.code() > UINT8_MAX || twin.text().size() > text_max)
    return false;
  x.code = static_cast<errc>(twin.code());
  x.text = twin.text();
  return true;
}

} // namespace sluice::messages
