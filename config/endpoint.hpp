#pragma once

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

/// Where something listens: a name or address without brackets, and a port.
struct endpoint {
  std::string host;
  /// 0 lets the system choose.
  std::uint16_t port = 0;
  friend auto operator<=>(const endpoint&, const endpoint&) = default;
};

/// Reads `HOST:PORT`; an IPv6 address stands in brackets.
/// @returns `errc::invalid_argument` with the reason
caf::expected<endpoint> parse_endpoint(std::string_view text);

/// Reads `HOST:PORT[,HOST:PORT...]`, each once.
caf::expected<std::vector<endpoint>> parse_endpoints(std::string_view text);

/// `host:port`, an IPv6 address in brackets.
std::string to_string(const endpoint& x);

/// Whether only this machine can reach it: 127.0.0.0/8, ::1, `localhost`. A name that
/// merely resolves there is not believed.
bool is_loopback(const endpoint& x);

} // namespace sluice::config
