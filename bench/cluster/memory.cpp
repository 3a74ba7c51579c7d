#include "bench/cluster/scenarios.hpp"
#include "bench/support/cluster.hpp"
#include "bench/support/load.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace sluice::bench {

namespace {

constexpr double mebibyte = 1024.0 * 1024;

double own_resident_mib() {
  return static_cast<double>(resident_bytes(::getpid())) / mebibyte;
}

} // namespace

void measure_stopped(scenario_context& context) {
  std::chrono::seconds stopped_for{context.quick ? 10 : 60};
  std::chrono::seconds before_for{context.quick ? 5 : 15};
  constexpr std::uint64_t pace = 50'000'000;
  // Before and during alike the replica that goes on is asked for, not the faster one.
  const load_shape shape{16 * 1024, 1, policy_regions{{"at-r1"}}};
  context.out.remark("stopped: 50 MB/s of 16 KiB records, answered after fdatasync on the primary "
                     "and the first of two replicas; then the second under SIGSTOP for "
                     + std::to_string(stopped_for.count()) + " s");
  cluster nodes{{"local", 2, false}};
  // Fills what the primary keeps in memory anyway.
  run_paced(nodes.log(), pace, shape, std::chrono::seconds{3});
  auto before = run_paced(nodes.log(), pace, shape, before_for);
  auto resident_before = own_resident_mib();
  nodes.replica(1).process().signal(SIGSTOP);
  auto resident_most = resident_before;
  auto during = run_paced(nodes.log(), pace, shape, stopped_for,
                          [&] { resident_most = std::max(resident_most, own_resident_mib()); });
  nodes.replica(1).process().signal(SIGCONT);
  auto p99_before = percentile(before.latencies_us, 0.99);
  auto p99_during = percentile(during.latencies_us, 0.99);
  context.out.at_most("stopped.primary_growth", resident_most - resident_before, "MiB", 32);
  context.out.note("stopped.p99_before", p99_before, "us");
  context.out.note("stopped.p99_during", p99_during, "us");
  context.out.at_most("stopped.p99_growth", 100 * (p99_during / p99_before - 1), "%", 25);
  context.out.at_most("stopped.failed", static_cast<double>(before.failed + during.failed),
                      "appends", 0);
  nodes.wait_for_replicas(2);
}

void measure_idle(scenario_context& context) {
  context.out.remark("idle: a primary in a process of its own, nothing appended");
  scratch_directory scratch;
  auto node = node_process::primary(scratch.path() / "node");
  std::this_thread::sleep_for(std::chrono::seconds{1});
  context.out.at_most("idle.primary_resident",
                      static_cast<double>(resident_bytes(node->process().pid())) / mebibyte, "MiB",
                      40);
  node->process().finish();
}

} // namespace sluice::bench
