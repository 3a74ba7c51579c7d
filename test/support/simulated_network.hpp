#pragma once

#include "test/support/local_node.hpp"

#include <caf/io/middleman.hpp>
#include <caf/io/network/test_multiplexer.hpp>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sluice::test {

/// One process of a simulated network: its actors, its sockets, its clock.
class networked_node final : public local_node {
public:
  networked_node();
  ~networked_node() override;

  caf::io::network::test_multiplexer& sockets() { return sockets_; }
  /// Runs what needs no other node.
  void settle();

  /// Makes `handle` reachable; the answer to `publish` needs no other node.
  template <class Handle>
  void publish(const Handle& handle, std::uint16_t port, caf::io::accept_handle door) {
    sockets_.provide_acceptor(port, door);
    coordinator().inline_next_enqueue();
    auto published = system().middleman().publish(handle, port, nullptr, true);
    EXPECT_TRUE(published) << system().render(published.error());
    settle();
  }

  /// Stopped like a process by SIGSTOP: it runs nothing and its sockets stay open. Time that
  /// passes meanwhile is owed to it.
  bool is_frozen = false;
  caf::timespan owed{0};

private:
  caf::io::network::test_multiplexer& sockets_;
};

/// Several processes with a simulated TCP between them. Every step is one of those that
/// could happen next, drawn by the seed: an actor of one node runs, a connection is
/// accepted, a piece of a message arrives. The same seed makes the same run.
class simulated_network {
public:
  enum class in_flight { dropped, delivered };

  /// A TCP connection that one node may make to another's door.
  struct connection {
    std::size_t server = 0;
    std::size_t client = 0;
    caf::io::connection_handle server_end;
    caf::io::connection_handle client_end;
    bool is_up = true;
    bool is_blocked_to_client = false;
    bool is_blocked_to_server = false;
  };

  explicit simulated_network(std::uint64_t seed) : random_(seed) {}
  ~simulated_network();

  /// Starts a process; `slot` is its place for ever, also after a crash.
  std::size_t add();
  networked_node& operator[](std::size_t slot) { return *nodes_[slot]; }
  bool is_running(std::size_t slot) const { return nodes_[slot] != nullptr; }
  /// The process is gone; its connections are reset.
  void crash(std::size_t slot);
  void start(std::size_t slot);

  caf::io::accept_handle make_door();
  /// Lets the client connect to the server's door once. @returns the connection's index
  std::size_t allow(std::size_t server, caf::io::accept_handle door, std::size_t client,
                    const std::string& host, std::uint16_t port);
  connection& at(std::size_t index) { return connections_[index]; }
  /// Whether the client has used it.
  bool is_dialled(std::size_t index);
  /// Whether the server's door has let it in.
  bool is_accepted(std::size_t index);
  void cut(std::size_t index, in_flight bytes);
  /// Whether the client has yet to use a connection that was cut before; it will be reset.
  bool has_doomed(std::size_t client) const;
  /// Whether the client may still use a connection that it was allowed.
  bool has_undialled(std::size_t client, const std::string& host, std::uint16_t port);
  /// A connection that one end has closed is closed at the other, once it has read it all.
  void pass_on_closing();
  /// What the server has sent and the client has not read.
  std::size_t bytes_to_client(std::size_t index);

  /// One step. @returns false when nothing can happen
  bool step();
  /// Steps until nothing can happen.
  void run();
  /// Moves all clocks together, firing what is due in order and running to rest after each.
  void advance(caf::timespan duration);
  void freeze(std::size_t slot);
  void thaw(std::size_t slot);

  /// Stands for every choice that was made so far.
  std::uint64_t trace() const { return trace_; }
  std::uint64_t steps() const { return steps_; }

private:
  enum class kind : std::uint8_t { actor, runnable, accept, read_at_server, read_at_client };
  struct transition {
    kind what;
    std::size_t index;
    std::size_t job;
  };

  std::vector<transition> possible();
  bool perform(const transition& x);
  bool is_closed(std::size_t slot, caf::io::connection_handle end);
  void hang_up(std::size_t slot, caf::io::connection_handle end, in_flight bytes);
  void reset_doomed();
  void note(const transition& x);
  caf::timespan until_next_timer(caf::timespan limit);

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<networked_node>> nodes_;
  std::vector<connection> connections_;
  /// Cut before the client used them.
  std::vector<std::size_t> doomed_;
  std::int64_t last_handle_ = 0;
  std::uint64_t trace_ = 1469598103934665603ull;
  std::uint64_t steps_ = 0;
};

} // namespace sluice::test
