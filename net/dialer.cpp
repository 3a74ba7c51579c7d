#include "net/dialer.hpp"

#include <caf/exit_reason.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor_impl.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/scribe.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <cerrno>
#include <memory>
#include <string>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::net {

namespace {

/// @returns 0, or the errno of the failure; ETIMEDOUT when nobody answered in time
int finish_connecting(int socket) {
  pollfd wanted{socket, POLLOUT, 0};
  auto ready = 0;
  do
    ready = ::poll(&wanted, 1, static_cast<int>(dial_deadline.count()));
  while (ready < 0 && errno == EINTR);
  if (ready <= 0)
    return ready == 0 ? ETIMEDOUT : errno;
  int failure = 0;
  socklen_t size = sizeof failure;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 ? failure : errno;
}

/// Waits as long for each address that the host has.
caf::expected<int> connect_within_deadline(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &all) != 0)
    return caf::make_error(caf::sec::cannot_connect_to_node, host, port);
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found{all, &::freeaddrinfo};
  auto failure = 0;
  for (const auto* each = found.get(); each != nullptr; each = each->ai_next) {
    auto made = ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0)
      continue;
    failure = ::connect(made, each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (failure == EINPROGRESS)
      failure = finish_connecting(made);
    if (failure == 0)
      return made;
    ::close(made);
  }
  if (failure == ETIMEDOUT)
    return caf::make_error(caf::sec::connection_timeout, host, port);
  return caf::make_error(caf::sec::cannot_connect_to_node, host, port);
}

class connector final : public caf::io::middleman_actor_impl {
public:
  using middleman_actor_impl::middleman_actor_impl;

protected:
  caf::expected<caf::io::scribe_ptr> connect(const std::string& host, std::uint16_t port) override {
    auto made = connect_within_deadline(host, port);
    if (!made)
      return made.error();
    return system().middleman().backend().new_scribe(*made);
  }
};

bool has_real_sockets(caf::actor_system& system) {
  auto* backend = &system.middleman().backend();
  return dynamic_cast<caf::io::network::default_multiplexer*>(backend) != nullptr;
}

} // namespace

dialer::~dialer() {
  if (actor_)
    caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
}

caf::io::middleman_actor dialer::of(caf::actor_system& system) {
  if (!has_real_sockets(system))
    return system.middleman().actor_handle();
  if (!actor_) {
    // The one that CAF's own connector hands its connections to; it is there already.
    auto broker = system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
    actor_ = system.spawn<connector, caf::detached + caf::hidden>(std::move(broker));
  }
  return actor_;
}

} // namespace sluice::net
