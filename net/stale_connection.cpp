#include "net/stale_connection.hpp"

#include <caf/actor_proxy.hpp>
#include <caf/exit_reason.hpp>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>

namespace sluice::net {

namespace {

struct peer {
  std::string host;
  std::uint16_t port = 0;
};

/// The peer of a connected TCP socket; port 0 for every other descriptor.
peer peer_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface.
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {};
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return {text, ntohs(v4->sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return {text, ntohs(v6->sin6_port)};
  }
  return {};
}

bool is_address(const std::string& host) {
  in6_addr buffer{};
  return ::inet_pton(AF_INET, host.c_str(), &buffer) == 1
         || ::inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

/// A name is not resolved, which could block: its port alone tells.
bool is_to(const peer& found, const node_endpoint& where) {
  return found.port == where.port && (!is_address(where.host) || found.host == where.host);
}

} // namespace

void shut_connections_to(const node_endpoint& where) {
  auto close_directory = [](DIR* open) { ::closedir(open); };
  std::unique_ptr<DIR, decltype(close_directory)> open{::opendir("/proc/self/fd"), close_directory};
  if (!open)
    return;
  while (const auto* entry = ::readdir(open.get())) {
    auto descriptor = std::atoi(entry->d_name);
    if (descriptor > 2 && is_to(peer_of(descriptor), where))
      ::shutdown(descriptor, SHUT_RDWR);
  }
}

void forget_remote(const messages::node_gate_actor& gate) {
  auto* proxy = dynamic_cast<caf::actor_proxy*>(caf::actor_cast<caf::abstract_actor*>(gate));
  if (proxy != nullptr)
    proxy->kill_proxy(nullptr, caf::exit_reason::remote_link_unreachable);
}

} // namespace sluice::net
