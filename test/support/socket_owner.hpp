#pragma once

#include <cstdint>

#include <sys/types.h>

namespace sluice::testing {

/// Whether `process` holds the end at `own_port` of a TCP connection over IPv4 to `peer_port`,
/// both of this machine. False also when /proc does not show it.
bool is_socket_of(pid_t process, std::uint16_t own_port, std::uint16_t peer_port);

} // namespace sluice::testing
