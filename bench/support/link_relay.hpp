#pragma once

#include "bench/support/stopwatch.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sluice::bench {

/// Passes TCP connections on to a port of this machine, until it is cut: then every
/// connection breaks and new ones are refused, until it is healed.
class link_relay {
public:
  explicit link_relay(std::uint16_t target);
  link_relay(const link_relay&) = delete;
  link_relay& operator=(const link_relay&) = delete;
  ~link_relay();

  std::uint16_t port() const { return port_; }
  void cut();
  void heal();
  /// What comes from the port is passed on no faster.
  void slow_down(std::uint64_t bytes_per_second) { bytes_per_second_ = bytes_per_second; }

  /// Both ways, of all connections so far.
  std::uint64_t passed_bytes() const { return passed_bytes_; }

  /// When the first connection since the last `heal` came in.
  std::optional<moment> connected_at() const;

private:
  struct connection {
    int client = -1;
    int server = -1;
  };

  void listen_again();
  void run();
  void accept_one(int listener);
  void pass(std::size_t index, bool from_client);
  void drop_all();

  std::uint16_t target_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> bytes_per_second_{0};
  std::atomic<std::uint64_t> passed_bytes_{0};
  /// Guards what follows; the thread takes it for each round, `cut` and `heal` once.
  mutable std::mutex mutex_;
  int listener_ = -1;
  std::vector<connection> connections_;
  std::optional<moment> connected_at_;
  std::vector<char> buffer_;
  std::thread thread_;
};

} // namespace sluice::bench
