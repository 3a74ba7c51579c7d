#include "bench/support/scratch_directory.hpp"

#include "persistence/slot_catalog.hpp"
#include "replication/commit_tracker.hpp"
#include "replication/registry.hpp"
#include "replication/retention_rule.hpp"
#include "replication/slot_book.hpp"
#include "replication/slot_forecast.hpp"

#include <benchmark/benchmark.h>

namespace sluice::bench {

namespace {

using namespace replication;

std::string name_of(std::size_t i) {
  return "replica-" + std::to_string(i);
}

slot_book book_of(std::size_t count) {
  slot_book book{count};
  for (std::size_t i = 0; i < count; ++i)
    book.join(name_of(i), storage_id{100 + i}, lsn{1'000'000 + i}, {monotonic_ns{1}, {}});
  return book;
}

log_extent log_of(std::size_t segments) {
  std::vector<segment_extent> extents;
  for (std::size_t i = 0; i < segments; ++i)
    extents.push_back({lsn{1 + i * 100'000}, lsn{(i + 1) * 100'000}, 64ull << 20});
  return log_extent{std::move(extents)};
}

/// What the registry does at each sweep: observes growth, judges every slot.
void slot_sweep(benchmark::State& state) {
  auto book = book_of(static_cast<std::size_t>(state.range(0)));
  auto log = log_of(64);
  members declared;
  retention_facts facts;
  facts.log = &log;
  facts.declared = &declared;
  facts.slot_defaults = {4ull << 30, 10'000'000, std::chrono::hours{24}};
  facts.room = {100ull << 30, 256ull << 20};
  std::map<std::string, growth_rate> growth;
  std::uint64_t now = 1;
  for (auto _ : state) {
    facts.now = monotonic_ns{now += 1'000'000'000};
    for (const auto& x : book.slots())
      growth[x.id].observe(facts.now, log.bytes_after(x.restart_lsn));
    benchmark::DoNotOptimize(plan_retention(book.slots(), facts));
  }
}
BENCHMARK(slot_sweep)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// Both copies, durable.
void slot_catalog_store(benchmark::State& state) {
  scratch_directory scratch;
  persistence::slot_catalog catalog{persistence::posix_vfs(), scratch.path()};
  persistence::slot_list list{book_of(static_cast<std::size_t>(state.range(0))).slots(), ""};
  for (auto _ : state)
    if (auto err = catalog.store(list)) {
      state.SkipWithError(describe(err).c_str());
      return;
    }
}
BENCHMARK(slot_catalog_store)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// 1,000 replicas ack in turn while 100,000 commits wait: judged, the slot moved, the vote
/// counted, commits answered and new ones taken.
void slot_acks(benchmark::State& state) {
  constexpr std::size_t replicas = 1000;
  constexpr std::uint64_t waiting = 100'000;
  registry joined{replicas};
  slot_book book{replicas};
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
    const auto& replica =
        joined.join(hello, std::get<hello_accepted>(verdict), no_lsn, monotonic_ns{1});
    book.join(hello.node, hello.session.storage, no_lsn, {monotonic_ns{1}, {}});
    benchmark::DoNotOptimize(tracker.set_voter(voter_of(replica)));
    acks.push_back({hello.node, hello.session, term{1}, timeline_id{1}, {}});
  }
  std::uint64_t tail = 0;
  auto append = [&] {
    ++tail;
    benchmark::DoNotOptimize(tracker.add(
        {ticket_id{tail}, {lsn{tail}, lsn{tail}}, policy_ack_n{replicas / 2}, end_of_time}));
  };
  while (tail < waiting)
    append();
  benchmark::DoNotOptimize(tracker.set_primary_durable(lsn{UINT64_MAX}));
  std::uint64_t position = 0;
  for (auto _ : state) {
    ++position;
    for (auto& ack : acks) {
      ack.at = {lsn{position}, lsn{position}, lsn{position}};
      benchmark::DoNotOptimize(joined.record_ack(ack, {term{1}, timeline_id{1}, lsn{UINT64_MAX}},
                                                 {}, monotonic_ns{position}));
      book.advance(ack.id, ack.session.storage, ack.at, {monotonic_ns{position}, {}});
      benchmark::DoNotOptimize(tracker.vote(ack.id, lsn{position}));
    }
    append();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(replicas));
}
BENCHMARK(slot_acks);

} // namespace

} // namespace sluice::bench
