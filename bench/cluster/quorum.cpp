#include "bench/cluster/scenarios.hpp"
#include "bench/support/cluster.hpp"
#include "bench/support/load.hpp"

#include <cstdlib>
#include <sstream>
#include <tuple>

namespace sluice::bench {

void measure_quorum(scenario_context& context) {
  context.out.remark("quorum: answered after fdatasync on two of three processes; 1 KiB records");
  cluster nodes{{"quorum", 2, true}};
  auto call = [&](append what) { return nodes.log().append_and_wait(std::move(what)); };
  run_callers(call, 8, {}, std::chrono::milliseconds{300});
  std::vector<double> one, eight, sixty_four, pipelined, pipelined_p99;
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    one.push_back(median(run_callers(call, 1, {}, context.run_time()).latencies_us));
    eight.push_back(run_callers(call, 8, {}, context.run_time()).rate());
    sixty_four.push_back(run_callers(call, 64, {}, context.run_time()).rate());
    auto many = run_in_flight(nodes.log(), 1024, {256, 1, {}}, context.run_time());
    pipelined.push_back(many.rate());
    pipelined_p99.push_back(percentile(many.latencies_us, 0.99) / 1000);
  }
  context.out.at_most("quorum.1_caller.p50", median(one), "us", 460);
  context.out.at_least("quorum.8_callers.rate", median(eight), "commits/s", 10'000);
  context.out.at_least("quorum.64_callers.rate", median(sixty_four), "commits/s", 30'000);
  context.out.at_least("quorum.256B_1024_in_flight.rate", median(pipelined), "records/s", 150'000);
  context.out.at_most("quorum.256B_1024_in_flight.p99", median(pipelined_p99), "ms", 20);
}

namespace {

struct client_figures {
  double rate = 0;
  double p50_us = 0;
  double p99_us = 0;
  std::uint64_t failed = 0;
};

client_figures run_client(const cluster& nodes, const std::string& policy,
                          std::chrono::milliseconds duration) {
  child_process client{{own_program(), "child-client", std::to_string(nodes.port()), "64", policy,
                        std::to_string(duration.count())}};
  std::istringstream line{client.read_line(duration + std::chrono::seconds{60})};
  client_figures figures;
  line >> figures.rate >> figures.p50_us >> figures.p99_us >> figures.failed;
  client.finish();
  return figures;
}

} // namespace

void measure_client(scenario_context& context) {
  context.out.remark("client: 64 writers in a process of their own, 1 KiB records; ack_n=1 is "
                     "durable on the primary and one replica, a third process");
  auto measure = [&](const std::string& policy, std::size_t replicas) {
    cluster nodes{{"local", replicas, false}};
    std::vector<double> rates, p50, failed;
    for (std::size_t i = 0; i < context.repeats(); ++i) {
      auto figures = run_client(nodes, policy, context.run_time());
      rates.push_back(figures.rate);
      p50.push_back(figures.p50_us);
    }
    return std::tuple{median(rates), median(p50)};
  };
  auto [local, local_p50] = measure("local", 0);
  context.out.at_least("client.64_writers.local.rate", local, "commits/s", 57'000);
  context.out.note("client.64_writers.local.p50", local_p50, "us");
  auto [acked, acked_p50] = measure("ack_n=1", 1);
  context.out.at_least("client.64_writers.ack_n=1.rate", acked, "commits/s", 20'000);
  context.out.note("client.64_writers.ack_n=1.p50", acked_p50, "us");
}

} // namespace sluice::bench
