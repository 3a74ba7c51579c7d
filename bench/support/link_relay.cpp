#include "bench/support/link_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice::bench {

namespace {

constexpr std::size_t portion_bytes = 256 * 1024;
constexpr std::size_t slow_portion_bytes = 16 * 1024;
constexpr int poll_ms = 2;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void set_option(int socket, int level, int name) {
  int on = 1;
  ::setsockopt(socket, level, name, &on, sizeof on);
}

bool send_all(int socket, const char* data, std::size_t size) {
  while (size > 0) {
    auto sent = ::send(socket, data, size, MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

} // namespace

link_relay::link_relay(std::uint16_t target) : target_(target), buffer_(portion_bytes) {
  listen_again();
  thread_ = std::thread{[this] { run(); }};
}

link_relay::~link_relay() {
  stop_ = true;
  thread_.join();
  cut();
}

void link_relay::listen_again() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_option(listener_, SOL_SOCKET, SO_REUSEADDR);
  auto address = loopback(port_);
  socklen_t size = sizeof address;
  if (::bind(listener_, generic(address), size) != 0 || ::listen(listener_, 16) != 0)
    throw std::system_error(errno, std::generic_category(), "listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

void link_relay::cut() {
  std::lock_guard guard{mutex_};
  if (listener_ >= 0)
    ::close(std::exchange(listener_, -1));
  drop_all();
}

void link_relay::heal() {
  std::lock_guard guard{mutex_};
  connected_at_.reset();
  listen_again();
}

std::optional<moment> link_relay::connected_at() const {
  std::lock_guard guard{mutex_};
  return connected_at_;
}

void link_relay::drop_all() {
  // With a reset, as when a host vanishes: what was on its way is lost.
  linger reset{1, 0};
  for (auto& each : connections_)
    for (auto socket : {each.client, each.server}) {
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      ::close(socket);
    }
  connections_.clear();
}

void link_relay::accept_one(int listener) {
  connection made;
  made.client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (made.client < 0)
    return;
  if (!connected_at_)
    connected_at_ = now();
  made.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(target_);
  if (::connect(made.server, generic(address), sizeof address) != 0) {
    ::close(made.client);
    ::close(made.server);
    return;
  }
  set_option(made.client, IPPROTO_TCP, TCP_NODELAY);
  set_option(made.server, IPPROTO_TCP, TCP_NODELAY);
  connections_.push_back(made);
}

void link_relay::pass(std::size_t index, bool from_client) {
  auto& pair = connections_[index];
  auto from = from_client ? pair.client : pair.server;
  auto to = from_client ? pair.server : pair.client;
  auto pace = from_client ? 0 : bytes_per_second_.load();
  auto portion = pace > 0 ? slow_portion_bytes : buffer_.size();
  auto got = ::recv(from, buffer_.data(), portion, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got > 0 && send_all(to, buffer_.data(), static_cast<std::size_t>(got))) {
    passed_bytes_ += static_cast<std::uint64_t>(got);
    if (pace > 0)
      std::this_thread::sleep_for(
          std::chrono::nanoseconds{static_cast<std::uint64_t>(got) * 1'000'000'000ull / pace});
    return;
  }
  ::close(pair.client);
  ::close(pair.server);
  connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(index));
}

void link_relay::run() {
  while (!stop_) {
    std::vector<pollfd> wanted;
    {
      std::lock_guard guard{mutex_};
      wanted.push_back({listener_, POLLIN, 0});
      for (const auto& each : connections_) {
        wanted.push_back({each.client, POLLIN, 0});
        wanted.push_back({each.server, POLLIN, 0});
      }
    }
    if (::poll(wanted.data(), wanted.size(), poll_ms) <= 0)
      continue;
    std::lock_guard guard{mutex_};
    // Backwards: a connection that ends leaves those before it in place. What was cut or
    // healed since the poll is looked at in the next round.
    for (auto i = wanted.size() - 1; i > 0; --i) {
      auto index = (i - 1) / 2;
      auto from_client = (i - 1) % 2 == 0;
      if (wanted[i].revents == 0 || index >= connections_.size())
        continue;
      const auto& pair = connections_[index];
      if (wanted[i].fd == (from_client ? pair.client : pair.server))
        pass(index, from_client);
    }
    if (wanted[0].revents != 0 && wanted[0].fd == listener_ && listener_ >= 0)
      accept_one(listener_);
  }
}

} // namespace sluice::bench
