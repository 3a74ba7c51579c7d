#include "bench/cluster/scenarios.hpp"
#include "bench/support/link_relay.hpp"
#include "bench/support/load.hpp"
#include "bench/support/node_process.hpp"
#include "bench/support/scratch_directory.hpp"
#include "bench/support/stopwatch.hpp"

#include <sluice/client.hpp>
#include <sluice/primary_node.hpp>
#include <sluice/replica_node.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

namespace sluice::bench {

namespace {

constexpr std::uint64_t mebibyte = 1024ull * 1024;
constexpr std::uint64_t diverged_records = 10'000;

template <class T>
T value_of(caf::expected<T> x) {
  if (!x)
    throw std::runtime_error(describe(x.error()));
  return std::move(*x);
}

/// One that the system just had to give away; nobody else takes ports here meanwhile.
std::uint16_t free_port() {
  auto probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  auto is_bound = ::bind(probe, generic, size) == 0 && ::getsockname(probe, generic, &size) == 0;
  ::close(probe);
  if (!is_bound)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

void wait_until(const char* what, const std::function<bool()>& is_so) {
  auto deadline = now() + std::chrono::minutes{2};
  while (!is_so()) {
    if (now() > deadline)
      throw std::runtime_error(std::string{"it does not come: "} + what);
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

lsn durable_of(sluice::log log) {
  auto status = log.status();
  return status ? status->durable : lsn{};
}

/// `p1` has a log of `bytes` that `r1` shares, and a tail of its own behind that; `r1` is the
/// primary, and has as many records instead.
struct parted_pair {
  explicit parted_pair(std::uint64_t bytes) : relay(port) {
    auto p1 = value_of(primary_node::open(host.system(), primary_at(deposed(), "local")));
    run_in_flight(p1.log(), 16, {1024, 64, {}}, std::chrono::minutes{10}, bytes);
    open_successor({p1.listening()});
    auto shared = durable_of(p1.log());
    wait_until("the replica has everything", [&] { return durable_of(r1->log()) == shared; });
    close_successor();
    append_to(p1.log());
    if (auto err = p1.close())
      throw std::runtime_error(describe(err));
    open_successor({p1.listening()});
    value_of(promote(host.system(), {"127.0.0.1", port}, {}, std::chrono::seconds{30}));
    wait_until("the promoted node serves", [&] {
      auto status = r1->log().status();
      return status && status->role == "primary" && status->state == "serving";
    });
    append_to(r1->log());
  }

  std::filesystem::path deposed() const { return scratch.path() / "p1"; }

  static std::uint64_t tail_bytes() { return diverged_records * 1024; }

  static void append_to(sluice::log log) {
    run_in_flight(std::move(log), 256, {1024, 1, {}}, std::chrono::minutes{1}, tail_bytes());
  }

  /// Others reach it through the relay.
  void open_successor(std::vector<node_endpoint> primaries) {
    replica_config config;
    config.data = scratch.path() / "r1";
    config.name = "r1";
    config.listen = {"127.0.0.1", port};
    config.advertise = node_endpoint{"127.0.0.1", relay.port()};
    config.primaries = std::move(primaries);
    r1.emplace(value_of(replica_node::open(host.system(), config)));
  }

  void close_successor() {
    if (auto err = r1->close())
      throw std::runtime_error(describe(err));
    r1.reset();
  }

  bool is_followed() {
    auto status = r1->log().status();
    return status
           && std::any_of(status->replicas.begin(), status->replicas.end(), [&](const auto& x) {
                return x.id == "p1" && x.connected && x.flushed >= status->durable;
              });
  }

  scratch_directory scratch;
  std::uint16_t port = free_port();
  link_relay relay;
  node_host host;
  std::optional<replica_node> r1;
};

} // namespace

void measure_rejoin(scenario_context& context) {
  auto bytes = (context.quick ? 256 : 4096) * mebibyte;
  context.out.remark("rejoin: a deposed primary with 10,000 records of its own behind a log of "
                     + std::to_string(bytes / mebibyte)
                     + " MiB, from the start of its process as a primary until it has all of its "
                       "successor's 10,000 others durable; 1 KiB records");
  parted_pair nodes{bytes};
  auto before = nodes.relay.passed_bytes();
  auto began = now();
  auto p1 = node_process::primary(nodes.deposed());
  auto ready = now();
  wait_until("the deposed primary follows", [&] { return nodes.is_followed(); });
  auto took = seconds_since(began);
  auto ratio = static_cast<double>(nodes.relay.passed_bytes() - before)
               / static_cast<double>(parted_pair::tail_bytes());
  context.out.note("rejoin.process_start", seconds_between(began, ready) * 1000, "ms");
  context.out.at_most("rejoin.start_to_following", took, "s", 2);
  context.out.at_most("rejoin.bytes_moved", ratio, "x", 1.2);
}

} // namespace sluice::bench
