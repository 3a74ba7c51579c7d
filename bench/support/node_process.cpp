#include "bench/support/node_process.hpp"

#include "bench/support/file_state.hpp"
#include "bench/support/load.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stopwatch.hpp"

#include <sluice/client.hpp>
#include <sluice/configure.hpp>
#include <sluice/primary_node.hpp>
#include <sluice/replica_node.hpp>

#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sluice::bench {

namespace {

constexpr std::chrono::seconds start_patience{60};

template <class T>
T value_of(caf::expected<T> x) {
  if (!x)
    throw std::runtime_error(describe(x.error()));
  return std::move(*x);
}

node_endpoint local(std::uint16_t port) {
  return {"127.0.0.1", port};
}

std::uint16_t port_of(const std::string& text) {
  return static_cast<std::uint16_t>(std::stoul(text));
}

void wait_for_end_of_input() {
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

template <class Node>
void serve(Node& node, double open_ms) {
  std::printf("%u %.3f\n", unsigned{node.listening().port}, open_ms);
  std::fflush(stdout);
  wait_for_end_of_input();
  if (auto err = node.close())
    throw std::runtime_error(describe(err));
}

void run_primary(const std::string& data) {
  node_host host;
  auto began = now();
  auto node = value_of(primary_node::open(host.system(), primary_at(data, "local")));
  serve(node, microseconds_since(began) / 1000);
}

void run_replica(const std::string& data, const std::string& name, const std::string& port,
                 const std::shared_ptr<file_state>& state = {}) {
  node_host host;
  replica_config config;
  config.applier = state;
  config.snapshots = state;
  config.installs = state;
  config.data = data;
  config.name = name;
  // So that a commit can ask for one replica by name.
  config.region = "at-" + name;
  config.listen = local(0);
  config.primaries = {local(port_of(port))};
  auto began = now();
  auto node = value_of(replica_node::open(host.system(), config));
  serve(node, microseconds_since(began) / 1000);
}

/// Appends until it is killed; says so once `bytes` are in.
void run_filler(const std::string& data, const std::string& bytes) {
  node_host host;
  auto began = now();
  auto node = value_of(primary_node::open(host.system(), primary_at(data, "local")));
  auto open_ms = microseconds_since(began) / 1000;
  run_in_flight(node.log(), 16, {1024, 64, {}}, std::chrono::minutes{10}, std::stoull(bytes));
  std::printf("%u %.3f\n", unsigned{node.listening().port}, open_ms);
  std::fflush(stdout);
  run_in_flight(node.log(), 16, {1024, 4, {}}, std::chrono::minutes{10});
}

void run_client(const std::string& port, const std::string& callers, const std::string& policy,
                const std::string& duration_ms) {
  node_host host;
  client_config config;
  config.nodes = {local(port_of(port))};
  auto remote = value_of(client::open(host.system(), config));
  auto asked = value_of(parse_policy(policy));
  auto call = [&](append what) {
    what.options.policy = asked;
    return remote.append_and_wait(std::move(what));
  };
  run_callers(call, 1, {}, std::chrono::milliseconds{200});
  auto result = run_callers(call, std::stoul(callers), {},
                            std::chrono::milliseconds{std::stoul(duration_ms)});
  std::printf("%.1f %.1f %.1f %llu\n", result.rate(), percentile(result.latencies_us, 0.5),
              percentile(result.latencies_us, 0.99),
              static_cast<unsigned long long>(result.failed));
  std::fflush(stdout);
}

} // namespace

node_host::prepared_config::prepared_config() {
  configure(*this);
}

node_host::node_host() = default;

primary_config primary_at(const std::filesystem::path& data, const std::string& policy,
                          std::vector<std::string> members) {
  primary_config config;
  config.data = data;
  config.name = "p1";
  config.listen = local(0);
  config.policy = value_of(parse_policy(policy));
  config.members = std::move(members);
  return config;
}

node_process::node_process(const std::vector<std::string>& arguments) : process_(arguments) {
  std::istringstream line{process_.read_line(start_patience)};
  line >> port_ >> open_ms_;
}

std::unique_ptr<node_process> node_process::primary(const std::filesystem::path& data) {
  return std::unique_ptr<node_process>{
      new node_process({own_program(), "child-primary", data.string()})};
}

std::unique_ptr<node_process> node_process::replica(const std::filesystem::path& data,
                                                    const std::string& name,
                                                    std::uint16_t primary_port) {
  return std::unique_ptr<node_process>{new node_process(
      {own_program(), "child-replica", data.string(), name, std::to_string(primary_port)})};
}

std::unique_ptr<node_process> node_process::replica_with_state(const std::filesystem::path& data,
                                                               const std::string& name,
                                                               std::uint16_t primary_port) {
  return std::unique_ptr<node_process>{new node_process(
      {own_program(), "child-state-replica", data.string(), name, std::to_string(primary_port)})};
}

bool run_as_child(const std::vector<std::string>& arguments) {
  auto is = [&](const char* what, std::size_t count) {
    return arguments.size() == count + 1 && arguments[0] == what;
  };
  if (is("child-primary", 1))
    run_primary(arguments[1]);
  else if (is("child-replica", 3))
    run_replica(arguments[1], arguments[2], arguments[3]);
  else if (is("child-state-replica", 3))
    run_replica(arguments[1], arguments[2], arguments[3], std::make_shared<file_state>());
  else if (is("child-filler", 2))
    run_filler(arguments[1], arguments[2]);
  else if (is("child-client", 4))
    run_client(arguments[1], arguments[2], arguments[3], arguments[4]);
  else
    return false;
  return true;
}

} // namespace sluice::bench
