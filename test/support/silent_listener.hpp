#pragma once

#include "test/support/full_queue.hpp"

#include <sluice/node_config.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::testing {

/// Takes connections, as the kernel does for a process that has stopped, and says nothing.
class silent_listener {
public:
  silent_listener() {
    int yes = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    is_open_ = ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0
               && ::bind(descriptor_, plain, size) == 0 && ::listen(descriptor_, 64) == 0
               && ::getsockname(descriptor_, plain, &size) == 0;
    port_ = ntohs(address.sin_port);
  }
  ~silent_listener() {
    if (taken_ >= 0)
      ::close(taken_);
    ::close(descriptor_);
  }
  silent_listener(const silent_listener&) = delete;
  silent_listener& operator=(const silent_listener&) = delete;

  bool is_open() const { return is_open_; }
  node_endpoint endpoint() const { return {"127.0.0.1", port_}; }
  std::string address() const { return to_string(endpoint()); }

  /// Waits for a connection and keeps it; closes one that it kept before.
  void take_connection() {
    auto taken = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (taken_ >= 0)
      ::close(taken_);
    taken_ = taken;
  }

  /// Somebody else may listen there now. What it took stays connected, and silent.
  void stop_listening() {
    ::close(descriptor_);
    descriptor_ = -1;
  }

private:
  int descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int taken_ = -1;
  std::uint16_t port_ = 0;
  bool is_open_ = false;
};

/// Does not even take connections, as a host that is gone: who connects waits for an answer.
class deaf_listener {
public:
  deaf_listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      queue_.emplace(descriptor_);
  }
  ~deaf_listener() { ::close(descriptor_); }
  deaf_listener(const deaf_listener&) = delete;
  deaf_listener& operator=(const deaf_listener&) = delete;

  bool is_deaf() const { return queue_ && queue_->is_full(); }
  node_endpoint endpoint() const { return {"127.0.0.1", queue_->port()}; }

private:
  int descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::optional<full_queue> queue_;
};

} // namespace sluice::testing
