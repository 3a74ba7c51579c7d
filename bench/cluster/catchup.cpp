#include "bench/cluster/scenarios.hpp"
#include "bench/support/cluster.hpp"
#include "bench/support/link_relay.hpp"
#include "bench/support/load.hpp"
#include "bench/support/raw_disk.hpp"
#include "bench/support/stopwatch.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace sluice::bench {

namespace {

constexpr std::uint64_t gibibyte = 1024ull * 1024 * 1024;

/// Waits for a connection through the relay.
moment first_connection(const link_relay& relay) {
  auto deadline = now() + std::chrono::seconds{30};
  while (now() < deadline) {
    if (auto at = relay.connected_at())
      return *at;
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
  throw std::runtime_error("the replica does not connect");
}

append needing_a_replica() {
  auto what = make_append({});
  what.options.policy = policy_ack_n{1};
  return what;
}

} // namespace

void measure_catchup(scenario_context& context) {
  auto bytes = context.quick ? gibibyte / 2 : 2 * gibibyte;
  context.out.remark("catchup: an empty replica in a process of its own, from its ready line until "
                     "it has everything durable; 1 KiB records");
  cluster nodes{{}};
  run_in_flight(nodes.log(), 16, {1024, 64, {}}, std::chrono::minutes{2}, bytes);
  auto limit = sequential_rate(nodes.directory(), bytes / 2);
  auto used_before = processor_seconds(::getpid());
  auto began = now();
  auto& replica = nodes.add_replica(nodes.port());
  auto ready = now();
  nodes.wait_for_replicas(1);
  auto megabytes = static_cast<double>(bytes) / 1e6;
  auto rate = megabytes / seconds_since(ready);
  auto used_by_primary = processor_seconds(::getpid()) - used_before;
  auto used_by_replica = processor_seconds(replica.process().pid());
  limit = (limit + sequential_rate(nodes.directory(), bytes / 2)) / 2;
  context.out.note("catchup.sequential_write_limit", limit, "MB/s");
  context.out.note("catchup.process_start", seconds_between(began, ready) * 1000, "ms");
  context.out.note("catchup.primary_cpu", 1e6 * used_by_primary / megabytes, "ms/GB");
  context.out.note("catchup.replica_cpu", 1e6 * used_by_replica / megabytes, "ms/GB");
  context.out.at_least("catchup.rate", rate, "MB/s", std::min(800.0, 0.7 * limit));
}

void measure_link(scenario_context& context) {
  context.out.remark(
      "link: cut by resets and refused connects, then healed; counted from the first "
      "connect that succeeds to the commit (ack_n=1) that waits for the replica");
  cluster nodes{{}};
  link_relay relay{nodes.port()};
  nodes.add_replica(relay.port());
  nodes.wait_for_replicas(1);
  std::vector<double> resumed, backed_off;
  auto cuts = context.quick ? 5 : 20;
  for (int i = 0; i < cuts; ++i) {
    nodes.log().append_and_wait(needing_a_replica());
    relay.cut();
    std::this_thread::sleep_for(std::chrono::milliseconds{20 + 20 * (i % 10)});
    auto waiting = nodes.log().append_async(needing_a_replica());
    auto healed = now();
    relay.heal();
    auto connected = first_connection(relay);
    auto outcome = waiting.get();
    auto done = now();
    if (!std::holds_alternative<committed>(outcome))
      throw std::runtime_error("no commit after the link was healed: " + to_string(outcome));
    resumed.push_back(microseconds_between(connected, done) / 1000);
    backed_off.push_back(microseconds_between(healed, connected) / 1000);
  }
  context.out.at_most("link.connect_to_commit.p50", median(resumed), "ms", 25);
  context.out.note("link.connect_to_commit.max", percentile(resumed, 1), "ms");
  context.out.note("link.back_off.p50", median(backed_off), "ms");
}

} // namespace sluice::bench
