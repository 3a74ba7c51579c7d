#include "persistence/batch_encoder.hpp"
#include "persistence/frame.hpp"
#include "persistence/spool_reader.hpp"

#include <benchmark/benchmark.h>

namespace sluice::persistence {

namespace {

/// As many records of one size as a full batch holds.
std::vector<append_entry> full_batch(std::size_t record_bytes) {
  constexpr std::size_t batch_bytes = 1024 * 1024;
  payload bytes{std::string(record_bytes, 'b')};
  return std::vector<append_entry>(batch_bytes / record_bytes,
                                   {{bytes}, timestamp_ms{1}, std::nullopt, std::nullopt});
}

encoded_batch encoded(const std::vector<append_entry>& entries) {
  return std::move(*encode_batch(entries, {lsn{1}, term{1}, timeline_id{1}, digest{}}, 0));
}

void count_payload(benchmark::State& state, std::size_t records) {
  auto bytes = static_cast<std::int64_t>(records) * state.range(0);
  state.SetBytesProcessed(state.iterations() * bytes);
}

void encode(benchmark::State& state) {
  auto entries = full_batch(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(encoded(entries));
  count_payload(state, entries.size());
}
BENCHMARK(encode)->Arg(256)->Arg(1024)->Arg(16 * 1024);

/// Checks and splits a block of whole frames, as a replica does with what it receives.
void parse(benchmark::State& state) {
  auto entries = full_batch(static_cast<std::size_t>(state.range(0)));
  auto batch = encoded(entries).batch;
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_frames(batch.bytes));
  count_payload(state, entries.size());
}
BENCHMARK(parse)->Arg(256)->Arg(1024)->Arg(16 * 1024);

void decode(benchmark::State& state) {
  auto entries = full_batch(static_cast<std::size_t>(state.range(0)));
  auto batch = encoded(entries).batch;
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_records(batch, no_lsn, batch.last));
  count_payload(state, entries.size());
}
BENCHMARK(decode)->Arg(256)->Arg(1024)->Arg(16 * 1024);

} // namespace

} // namespace sluice::persistence
