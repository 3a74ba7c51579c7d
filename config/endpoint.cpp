#include "config/endpoint.hpp"

#include <sluice/errc.hpp>

#include <caf/ip_address.hpp>
#include <caf/ipv4_address.hpp>
#include <caf/ipv6_address.hpp>

#include <algorithm>
#include <charconv>

namespace sluice::config {

namespace {

caf::error bad(std::string_view text, std::string_view why) {
  return make_error(errc::invalid_argument, "'" + std::string{text} + "' " + std::string{why});
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
         || c == '-' || c == '_';
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253
         && std::all_of(host.begin(), host.end(), is_host_character);
}

bool is_ipv6(std::string_view host) {
  caf::ipv6_address address;
  return !caf::parse(caf::string_view{host.data(), host.size()}, address);
}

} // namespace

caf::expected<endpoint> parse_endpoint(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return bad(text, "is not HOST:PORT");
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  endpoint result;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (digits.empty() || failure != std::errc{} || end != digits.data() + digits.size())
    return bad(text, "has no port between 0 and 65535");
  auto bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (bracketed ? !is_ipv6(host) : !is_host_name(host))
    return bad(text, "has no host; an IPv6 address stands in brackets");
  result.host = host;
  return result;
}

caf::expected<std::vector<endpoint>> parse_endpoints(std::string_view text) {
  std::vector<endpoint> result;
  while (true) {
    auto comma = text.find(',');
    auto one = parse_endpoint(text.substr(0, comma));
    if (!one)
      return std::move(one.error());
    if (std::find(result.begin(), result.end(), *one) != result.end())
      return bad(to_string(*one), "is named twice");
    result.push_back(std::move(*one));
    if (comma == std::string_view::npos)
      return result;
    text.remove_prefix(comma + 1);
  }
}

std::string to_string(const endpoint& x) {
  auto host = x.host.find(':') == std::string::npos ? x.host : "[" + x.host + "]";
  return host + ":" + std::to_string(x.port);
}

bool is_loopback(const endpoint& x) {
  if (x.host == "localhost")
    return true;
  caf::ipv4_address v4;
  if (!caf::parse(x.host, v4))
    return v4.is_loopback();
  caf::ipv6_address v6;
  return !caf::parse(x.host, v6) && v6.is_loopback();
}

} // namespace sluice::config
