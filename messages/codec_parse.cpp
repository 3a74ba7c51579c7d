#include "messages/codec_parse.hpp"

#include <sluice/types.hpp>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <limits>

namespace sluice::messages {

namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

/// Of one message, its repeated ones counted each: an object is made of every one, however
/// few bytes it has. Far above what credits and batch limits let anybody send.
constexpr int fields_max = 1'000'000;

bool skip_value(CodedInputStream& input, std::uint32_t tag) {
  switch (WireFormatLite::GetTagWireType(tag)) {
  case WireFormatLite::WIRETYPE_VARINT: {
    std::uint64_t ignored = 0;
    return input.ReadVarint64(&ignored);
  }
  case WireFormatLite::WIRETYPE_FIXED64: return input.Skip(8);
  case WireFormatLite::WIRETYPE_FIXED32: return input.Skip(4);
  case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
    int length = 0;
    return input.ReadVarintSizeAsInt(&length) && input.Skip(length);
  }
  default: return false; // groups, which no version has
  }
}

bool fields_fit(std::string_view bytes) {
  CodedInputStream input{reinterpret_cast<const std::uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size())};
  int fields = 0;
  while (auto tag = input.ReadTag())
    if (++fields > fields_max || !skip_value(input, tag))
      return false;
  return input.ConsumedEntireMessage();
}

} // namespace

bool is_name_or_empty(std::string_view text) {
  return text.empty() || is_valid_name(text);
}

bool is_endpoint_text(std::string_view text) {
  constexpr std::size_t length_max = 300;
  return text.size() <= length_max
         && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool parse_twin(std::string_view bytes, google::protobuf::MessageLite& twin) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return false;
  return fields_fit(bytes) && twin.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

} // namespace sluice::messages
