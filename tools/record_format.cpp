#include "tools/record_format.hpp"

#include <nlohmann/json.hpp>

#include <openssl/evp.h>

namespace sluice::tools {

namespace {

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  auto length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()),
                                static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

void as_line(const record& x, line_writer& out) {
  out.add(x.bytes.view());
  out.add("\n");
}

void as_raw(const record& x, line_writer& out) {
  out.add(x.bytes.view());
}

void as_hex(const record& x, line_writer& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(x.bytes.size() * 2 + 1);
  for (auto c : x.bytes.view()) {
    auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  out.add(text + "\n");
}

void as_json(const record& x, line_writer& out) {
  nlohmann::ordered_json object{{"lsn", x.lsn.value},
                                {"term", x.term.value},
                                {"timeline", x.timeline.value},
                                {"timestamp_ms", x.timestamp.value},
                                {"payload_base64", base64(x.bytes.view())}};
  out.add(object.dump() + "\n");
}

void as_length_prefixed(const record& x, line_writer& out) {
  auto size = x.bytes.size();
  std::string prefix;
  for (unsigned shift = 0; shift < 32; shift += 8)
    prefix += static_cast<char>(size >> shift & 0xFF);
  out.add(prefix);
  out.add(x.bytes.view());
}

} // namespace

const std::map<std::string, record_format>& record_formats() {
  static const std::map<std::string, record_format> formats{
      {"lines", as_line},
      {"raw", as_raw},
      {"hex", as_hex},
      {"json", as_json},
      {"length-prefixed", as_length_prefixed},
  };
  return formats;
}

} // namespace sluice::tools
