#pragma once

#include <cstdint>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::testing {

/// Fills the queue of a listener from which nobody takes: Linux drops what comes then, and who
/// connects waits as for a host that is gone. Until it is destroyed; `listen` makes room again.
class full_queue {
public:
  /// @param listener a TCP socket, bound to an address of IPv4
  explicit full_queue(int listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::listen(listener, 0) != 0 || ::getsockname(listener, plain, &size) != 0)
      return;
    port_ = ntohs(address.sin_port);
    while (!is_full_ && waiting_.size() < waiting_max)
      is_full_ = !is_next_answered(plain, size);
  }
  ~full_queue() {
    for (auto each : waiting_)
      ::close(each);
  }
  full_queue(const full_queue&) = delete;
  full_queue& operator=(const full_queue&) = delete;

  bool is_full() const { return is_full_; }
  std::uint16_t port() const { return port_; }

private:
  static constexpr std::size_t waiting_max = 16;
  static constexpr int answer_within_ms = 100;

  bool is_next_answered(const sockaddr* address, socklen_t size) {
    auto next = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    waiting_.push_back(next);
    pollfd connected{next, POLLOUT, 0};
    return ::connect(next, address, size) == 0 || ::poll(&connected, 1, answer_within_ms) > 0;
  }

  std::vector<int> waiting_;
  std::uint16_t port_ = 0;
  bool is_full_ = false;
};

} // namespace sluice::testing
