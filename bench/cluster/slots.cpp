#include "bench/cluster/scenarios.hpp"
#include "bench/support/link_relay.hpp"
#include "bench/support/load.hpp"
#include "bench/support/node_process.hpp"
#include "bench/support/scratch_directory.hpp"
#include "bench/support/stopwatch.hpp"

#include "actors/commit_coordinator.hpp"
#include "actors/slot_registry.hpp"

#include <sluice/configure.hpp>
#include <sluice/primary_node.hpp>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <spdlog/sinks/null_sink.h>

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <thread>

namespace sluice::bench {

namespace {

constexpr std::uint64_t mebibyte = 1024ull * 1024;

template <class T>
T value_of(caf::expected<T> x) {
  if (!x)
    throw std::runtime_error(describe(x.error()));
  return std::move(*x);
}

/// An append whose answer is only counted.
class counted_append final : public messages::pending_append {
public:
  explicit counted_append(std::shared_ptr<std::atomic<std::uint64_t>> committed)
      : pending_append({}), committed_(std::move(committed)) {}
  ~counted_append() override { abandon(); }

private:
  void deliver(append_outcome outcome) override {
    if (std::holds_alternative<sluice::committed>(outcome))
      ++*committed_;
  }

  std::shared_ptr<std::atomic<std::uint64_t>> committed_;
};

/// One thread for actors, so that what they do costs one core.
struct one_thread : caf::actor_system_config {
  one_thread() {
    configure(*this);
    set("scheduler.max-threads", std::size_t{1});
  }
};

/// Stands for the writer and the keeper: stores nothing, has nothing to prune.
caf::behavior stand_in() {
  return {
      [](const messages::watch_room&) {},
      [](const messages::voters_seen&) {},
      [](const messages::store_slots&) { return messages::slots_stored{}; },
      [](const messages::measure_disk&) { return messages::disk_measured{}; },
      [](const messages::measure_log&) { return messages::log_measured{}; },
      [](const messages::prune_log&) { return messages::log_pruned{}; },
  };
}

messages::node_identity identity_of(std::size_t i) {
  return {"replica-" + std::to_string(i), storage_id{100 + i}, incarnation{1}, connect_sequence{1}};
}

/// A registry with `replicas` that have joined and a coordinator, of one node without a log.
class acked_cluster {
public:
  acked_cluster(caf::actor_system& system, std::size_t replicas) : self_(system) {
    actors::node_context context;
    context.log =
        std::make_shared<spdlog::logger>("acks", std::make_shared<spdlog::sinks::null_sink_mt>());
    context.wall = &persistence::system_wall_clock();
    context.random = &persistence::system_random();
    context.node = "p1";
    coordinator_ =
        actors::spawn_commit_coordinator(system, {context, {}, commit_policy{policy_local{}}, {}});
    auto other = system.spawn(stand_in);
    actors::registry_setup setup;
    setup.context = context;
    setup.cluster = "c";
    setup.storage = storage_id{1};
    setup.term = term{1};
    setup.timeline = timeline_id{1};
    setup.replicas_max = replicas;
    setup.slots.slots_max = replicas;
    setup.coordinator = coordinator_;
    setup.writer = caf::actor_cast<messages::spool_writer_actor>(other);
    setup.keeper = caf::actor_cast<messages::slot_keeper_actor>(other);
    other_ = other;
    registry_ = actors::spawn_slot_registry(system, std::move(setup));
    for (std::size_t i = 0; i < replicas; ++i)
      join(i);
  }

  ~acked_cluster() {
    for (const auto& each : {caf::actor_cast<caf::actor>(registry_),
                             caf::actor_cast<caf::actor>(coordinator_), other_})
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  }

  void wait_for(std::vector<messages::awaited_commit> commits) {
    self_->send(coordinator_, messages::await_commits{std::move(commits), lsn{UINT64_MAX}});
  }

  void ack(std::size_t i, lsn at) {
    messages::replica_ack ack;
    ack.identity = identity_of(i);
    ack.term = term{1};
    ack.timeline = timeline_id{1};
    ack.received = ack.flushed = ack.applied = at;
    self_->send(registry_, messages::session_ack{std::move(ack), at, 0, lsn{UINT64_MAX}});
  }

  /// Returns once everything that was sent before has been done.
  void settle() {
    ask<messages::replica_facts_report>(registry_, messages::get_replica_facts{});
    ask<messages::commit_status_report>(coordinator_, messages::get_commit_status{});
  }

private:
  template <class Reply, class Actor, class Request>
  Reply ask(const Actor& whom, const Request& what) {
    Reply found;
    self_->request(whom, caf::infinite, what)
        .receive([&](Reply& reply) { found = std::move(reply); },
                 [](const caf::error& why) { throw std::runtime_error(describe(why)); });
    return found;
  }

  void join(std::size_t i) {
    messages::hello from;
    from.cluster = "c";
    from.identity = identity_of(i);
    from.term = term{1};
    auto judged = ask<messages::replica_judged>(
        registry_, messages::register_replica{std::move(from), replication::history_matches{}, {}});
    if (judged.refusal)
      throw std::runtime_error(judged.refusal->reason);
  }

  caf::scoped_actor self_;
  messages::commit_coordinator_actor coordinator_;
  messages::slot_registry_actor registry_;
  caf::actor other_;
};

double acks_per_second(std::chrono::milliseconds run_time) {
  constexpr std::size_t replicas = 1000;
  constexpr std::uint64_t waiting = 100'000;
  one_thread config;
  caf::actor_system system{config};
  acked_cluster nodes{system, replicas};
  auto committed = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t tail = 0;
  auto commits = [&](std::uint64_t count) {
    std::vector<messages::awaited_commit> result;
    for (; count > 0; --count) {
      ++tail;
      result.push_back({std::make_shared<counted_append>(committed),
                        {lsn{tail}, lsn{tail}},
                        term{1},
                        timeline_id{1},
                        policy_ack_n{replicas / 2},
                        replication::end_of_time});
    }
    return result;
  };
  nodes.wait_for(commits(waiting));
  nodes.settle();
  std::uint64_t rounds = 0;
  auto began = now();
  // Each round answers ten commits and takes ten new ones.
  while (now() < began + run_time) {
    for (int i = 0; i < 20; ++i) {
      ++rounds;
      for (std::size_t id = 0; id < replicas; ++id)
        nodes.ack(id, lsn{10 * rounds});
      nodes.wait_for(commits(10));
    }
    nodes.settle();
  }
  auto seconds = seconds_since(began);
  if (*committed != 10 * rounds)
    throw std::runtime_error("the acks committed " + std::to_string(*committed) + " appends");
  return static_cast<double>(rounds * replicas) / seconds;
}

struct prune_figures {
  double p99_before = 0;
  double p99_during = 0;
  double prune_ms = 0;
  double segments = 0;
};

void change_slot(log of, slot_change what) {
  if (auto err = of.change_slot(what, "dead"))
    throw std::runtime_error(describe(err));
}

/// A log of more than 1,000 segments of 1 MiB that one slot holds; the slot is dropped under load.
prune_figures prune_under_load() {
  scratch_directory scratch;
  node_host host;
  auto config = primary_at(scratch.path() / "p1", "local");
  config.segment_bytes = mebibyte;
  config.record_bytes_max = 128 * 1024;
  config.retain_bytes_min = 0;
  config.slot_bytes_max = 64 * 1024 * mebibyte;
  auto primary = value_of(primary_node::open(host.system(), config));
  auto replica = node_process::replica(scratch.path() / "r1", "r1", primary.listening().port);
  change_slot(primary.log(), slot_change::create);
  run_in_flight(primary.log(), 32, {64 * 1024, 1, {}}, std::chrono::minutes{5}, 1010 * mebibyte);
  auto last = value_of(primary.log().status()).durable;
  std::this_thread::sleep_for(std::chrono::seconds{3});

  constexpr std::chrono::milliseconds window{300};
  auto call = [&](append what) { return primary.log().append_and_wait(std::move(what)); };
  prune_figures found;
  run_callers(call, 8, {}, window);
  found.p99_before = percentile(run_callers(call, 8, {}, window).latencies_us, 0.99);
  auto oldest = [&] { return value_of(primary.log().status()).oldest; };
  std::thread dropping{[&] {
    auto began = now();
    change_slot(primary.log(), slot_change::drop);
    while (oldest() < last && now() < began + std::chrono::seconds{20})
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    found.prune_ms = microseconds_since(began) / 1000;
  }};
  found.p99_during = percentile(run_callers(call, 8, {}, window).latencies_us, 0.99);
  dropping.join();
  found.segments = static_cast<double>(last.value) * 64 / 1024;
  replica->process().finish();
  if (auto err = primary.close())
    throw std::runtime_error(describe(err));
  return found;
}

struct flow_figures {
  /// What was written in each tenth of a second, in records.
  std::vector<double> written;
  std::uint64_t lag_most = 0;
  std::uint64_t refused = 0;
  std::uint64_t delayed = 0;
};

/// Looks ten times a second until `until`.
flow_figures watch_flow(log of, moment until) {
  flow_figures found;
  auto last = value_of(of.status());
  for (auto next = now() + std::chrono::milliseconds{100}; next < until;
       next += std::chrono::milliseconds{100}) {
    std::this_thread::sleep_until(next);
    auto seen = value_of(of.status());
    found.written.push_back(static_cast<double>(seen.written.value - last.written.value));
    found.lag_most = std::max(found.lag_most, seen.flow.lag_bytes);
    found.refused = seen.flow.refused_total;
    found.delayed = seen.flow.delayed_total;
    last = std::move(seen);
  }
  return found;
}

/// The standard deviation of `values` as a part of their mean.
double variation(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (auto x : values)
    sum += x, squares += x * x;
  auto count = static_cast<double>(values.size());
  auto mean = sum / count;
  return std::sqrt(std::max(0.0, squares / count - mean * mean)) / mean;
}

} // namespace

void measure_slowed(scenario_context& context) {
  constexpr std::uint64_t link_bytes = 20'000'000;
  constexpr std::size_t record_bytes = 16 * 1024;
  context.out.remark("slowed: ack_n=1, 16 KiB records, 4,096 in flight, over a link that carries "
                     "20 MB/s; soft limit 8 MiB, hard limit 64 MiB behind");
  scratch_directory scratch;
  node_host host;
  auto config = primary_at(scratch.path() / "p1", "ack_n=1");
  config.flow.soft_bytes = 8 * mebibyte;
  config.flow.hard_bytes = 64 * mebibyte;
  config.flow.soft_time = config.flow.hard_time = std::chrono::milliseconds{0};
  auto primary = value_of(primary_node::open(host.system(), config));
  link_relay link{primary.listening().port};
  auto replica = node_process::replica(scratch.path() / "r1", "r1", link.port());
  while (value_of(primary.log().status()).replicas.empty())
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  link.slow_down(link_bytes);
  std::chrono::milliseconds lasting{context.quick ? 6000 : 20'000};
  load_result load;
  std::thread appending{[&] {
    load = run_in_flight(primary.log(), 4096, {record_bytes, 1, {}}, lasting);
  }};
  // The first two seconds fill what is in flight.
  std::this_thread::sleep_for(std::chrono::seconds{2});
  auto seen = watch_flow(primary.log(), now() + lasting - std::chrono::seconds{2});
  appending.join();
  replica->process().finish();
  double written = 0;
  for (auto x : seen.written)
    written += x;
  auto seconds = static_cast<double>(seen.written.size()) / 10;
  context.out.note("slowed.rate_of_link", 100 * written * record_bytes / seconds / link_bytes, "%");
  context.out.note("slowed.lag_most", static_cast<double>(seen.lag_most) / mebibyte, "MiB");
  context.out.note("slowed.variation", variation(seen.written), "of the mean, 100 ms");
  context.out.note("slowed.delayed", static_cast<double>(seen.delayed), "appends");
  context.out.at_most("slowed.refused", static_cast<double>(seen.refused + load.failed), "appends",
                      0);
  if (auto err = primary.close())
    throw std::runtime_error(describe(err));
}

void measure_acks(scenario_context& context) {
  context.out.remark("acks: 1,000 replicas ack in turn, 100,000 commits wait; slot_registry and "
                     "commit_coordinator on one thread, nothing is written");
  std::vector<double> rates;
  for (std::size_t i = 0; i < context.repeats(); ++i)
    rates.push_back(acks_per_second(context.run_time()));
  context.out.at_least("acks.rate", median(rates), "acks/s", 200'000);
}

void measure_prune(scenario_context& context) {
  context.out.remark("prune: local, 8 callers, 1 KiB, in the 300 ms before and after a slot is "
                     "dropped that held 1,000 segments of 1 MiB");
  std::vector<double> before, during, growth, took;
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    auto found = prune_under_load();
    before.push_back(found.p99_before);
    during.push_back(found.p99_during);
    growth.push_back(found.p99_during / found.p99_before);
    took.push_back(found.prune_ms);
  }
  context.out.note("prune.p99_before", median(before), "us");
  context.out.note("prune.p99_during", median(during), "us");
  context.out.note("prune.until_done", median(took), "ms");
  context.out.at_most("prune.p99_growth", median(growth), "x", 2);
}

} // namespace sluice::bench
