#pragma once

#include "test/support/full_queue.hpp"

#include <sluice/node_config.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace sluice::testing {

/// What becomes of a connection between two sides of a network that is parted.
enum class cut {
  /// It stays open and carries nothing: nobody is told, as when a cable is pulled. What was sent
  /// meanwhile arrives when the network is whole again.
  silent,
  /// As `silent`, and who connects to the side that is cut off is not answered at all, wherever it
  /// is: as when its hosts are gone.
  gone,
  /// It is reset, and so is every new one.
  reset,
};

/// Carries TCP connections between processes of this machine, so that a test can part them. Each
/// place has an address here that leads to the node there; where a connection comes from is told
/// by the process that holds its other end. Needs no rights, but Linux's /proc.
class relayed_network {
public:
  explicit relayed_network(const std::vector<std::string>& places);
  relayed_network(const relayed_network&) = delete;
  relayed_network& operator=(const relayed_network&) = delete;
  ~relayed_network();

  /// Where all others reach the node at `place`.
  std::string address_of(const std::string& place) const;
  /// Where it really listens.
  void lead(const std::string& place, const node_endpoint& target);
  /// A process without a place is on every side.
  void settle(const std::string& place, pid_t process);

  /// From now on nothing passes between `side` and all other places.
  void part(const std::set<std::string>& side, cut how);
  void heal();

private:
  struct connection {
    /// Empty while the caller has no place; looked up again when there are more processes.
    std::string from;
    std::size_t looked_up_among = 0;
    std::string to;
    int caller = -1;
    /// -1 until somebody may be called.
    int target = -1;
    /// What the target, and what the caller, did not take yet.
    std::array<std::string, 2> unsent;
    bool is_ended = false;
  };

  void run();
  /// The next three are the thread's, and need the lock.
  void tend(std::vector<connection>& all) const;
  connection accept_at(const std::string& place) const;
  bool is_cut(const connection& x) const;

  std::string place_of_caller(const connection& x) const;
  static void pass(connection& x, bool to_target);

  std::map<std::string, int> listeners_;
  std::map<std::string, std::uint16_t> ports_;
  std::atomic<bool> stop_{false};
  /// Guards what follows, and everything that is passed on.
  std::mutex mutex_;
  std::map<std::string, node_endpoint> targets_;
  std::map<pid_t, std::string> processes_;
  std::set<std::string> side_;
  /// Of the places where nobody answers.
  std::map<std::string, full_queue> deaf_;
  cut how_ = cut::silent;
  std::thread thread_;
};

} // namespace sluice::testing
