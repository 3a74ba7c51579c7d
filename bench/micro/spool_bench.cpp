#include "bench/support/raw_disk.hpp"
#include "bench/support/scratch_directory.hpp"

#include "persistence/spool.hpp"

#include <benchmark/benchmark.h>

// Both wait for the disk: compare real time, not CPU.

namespace sluice::bench {

namespace {

constexpr std::size_t record_bytes = 1024;

/// The limit: the same payload, one write and one fdatasync each.
void raw_append(benchmark::State& state) {
  scratch_directory scratch;
  raw_file raw{scratch.path(), 64ull * 1024 * 1024};
  std::string block(static_cast<std::size_t>(state.range(0)) * record_bytes, 'r');
  for (auto _ : state)
    raw.write_and_sync(block);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(block.size()));
}
BENCHMARK(raw_append)->Arg(1)->Arg(64)->Arg(1000)->UseRealTime();

void do_chores(persistence::spool& spool, const std::vector<persistence::chore>& chores) {
  for (const auto& work : chores) {
    auto made =
        persistence::run_chore(persistence::posix_vfs(), work, [](std::uint64_t) { return true; });
    if (made && *made)
      spool.offer_prepared(**made);
  }
  // What is pruned is written again: the run needs little room.
  benchmark::DoNotOptimize(spool.prune_through(spool.durable_lsn()));
}

void spool_append(benchmark::State& state) {
  scratch_directory scratch;
  auto spool = persistence::spool::open(persistence::posix_vfs(), scratch.path(), {}, {"bench"});
  payload bytes{std::string(record_bytes, 'r')};
  std::vector<persistence::append_entry> entries(
      static_cast<std::size_t>(state.range(0)),
      {{bytes}, timestamp_ms{1}, std::nullopt, std::nullopt});
  do_chores(**spool, (*spool)->take_chores());
  for (auto _ : state) {
    auto written = (*spool)->append(entries, term{1}, timeline_id{1});
    if (!written) {
      state.SkipWithError(describe(written.error()).c_str());
      return;
    }
    if (auto chores = (*spool)->take_chores(); !chores.empty()) {
      state.PauseTiming();
      do_chores(**spool, chores);
      state.ResumeTiming();
    }
  }
  state.SetBytesProcessed(state.iterations() * state.range(0)
                          * static_cast<std::int64_t>(record_bytes));
}
BENCHMARK(spool_append)->Arg(1)->Arg(64)->Arg(1000)->UseRealTime();

} // namespace

} // namespace sluice::bench
