#include "replication/commit_tracker.hpp"
#include "replication/registry.hpp"

#include <benchmark/benchmark.h>

namespace sluice::replication {

namespace {

constexpr monotonic_ns never = end_of_time;

std::string name_of(std::size_t i) {
  return "r" + std::to_string(i);
}

/// Replicas that ack in turn, each one record further than before; each record has a
/// commit that waits for one of them.
void commit_tracker_votes(benchmark::State& state) {
  auto replicas = static_cast<std::size_t>(state.range(0));
  commit_tracker tracker{members{}, "p1"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < replicas; ++i) {
    names.push_back(name_of(i));
    benchmark::DoNotOptimize(tracker.set_voter({names.back(), "", no_lsn, true}));
  }
  std::uint64_t position = 0;
  for (auto _ : state) {
    ++position;
    benchmark::DoNotOptimize(
        tracker.add({ticket_id{position}, {lsn{position}, lsn{position}}, policy_ack_n{1}, never}));
    benchmark::DoNotOptimize(tracker.set_primary_durable(lsn{position}));
    for (const auto& name : names)
      benchmark::DoNotOptimize(tracker.vote(name, lsn{position}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_tracker_votes)->Arg(2)->Arg(8)->Arg(100);

/// One vote that answers many.
void commit_tracker_answers(benchmark::State& state) {
  auto waiting = static_cast<std::uint64_t>(state.range(0));
  commit_tracker tracker{members{}, "p1"};
  benchmark::DoNotOptimize(tracker.set_voter({"r1", "", no_lsn, true}));
  std::uint64_t position = 0;
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < waiting; ++i) {
      ++position;
      benchmark::DoNotOptimize(tracker.add(
          {ticket_id{position}, {lsn{position}, lsn{position}}, policy_ack_n{1}, never}));
    }
    benchmark::DoNotOptimize(tracker.set_primary_durable(lsn{position}));
    benchmark::DoNotOptimize(tracker.vote("r1", lsn{position}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_tracker_answers)->Arg(64)->Arg(1024);

/// What an ack costs from the registry to the coordinator's rule, without messages.
void registry_acks(benchmark::State& state) {
  auto replicas = static_cast<std::size_t>(state.range(0));
  registry joined;
  commit_tracker tracker{members{}, "p1"};
  primary_facts primary;
  primary.cluster = "c";
  primary.node = "p1";
  primary.storage = storage_id{1};
  primary.term = term{1};
  std::vector<ack_facts> acks;
  for (std::size_t i = 0; i < replicas; ++i) {
    hello_facts hello;
    hello.cluster = "c";
    hello.node = name_of(i);
    hello.session = {storage_id{100 + i}, incarnation{1}, connect_sequence{1}};
    hello.protocol = 1;
    hello.term = term{1};
    auto verdict = joined.judge(hello, primary);
    if (!std::holds_alternative<hello_accepted>(verdict)) {
      state.SkipWithError("a replica was refused");
      return;
    }
    const auto& replica =
        joined.join(hello, std::get<hello_accepted>(verdict), no_lsn, monotonic_ns{1});
    benchmark::DoNotOptimize(tracker.set_voter(voter_of(replica)));
    acks.push_back({hello.node, hello.session, term{1}, timeline_id{1}, {}});
  }
  std::uint64_t position = 0;
  for (auto _ : state) {
    lsn through{++position};
    benchmark::DoNotOptimize(tracker.set_primary_durable(through));
    for (auto& ack : acks) {
      ack.at = {through, through, through};
      auto verdict =
          joined.record_ack(ack, {term{1}, timeline_id{1}, through}, {}, monotonic_ns{position});
      if (!std::holds_alternative<ack_accepted>(verdict)) {
        state.SkipWithError("an ack was dropped");
        return;
      }
      benchmark::DoNotOptimize(tracker.vote(ack.id, through));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(registry_acks)->Arg(2)->Arg(100);

} // namespace

} // namespace sluice::replication
