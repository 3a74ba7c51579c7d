#include "bench/cluster/scenarios.hpp"
#include "bench/support/file_state.hpp"
#include "bench/support/load.hpp"
#include "bench/support/node_process.hpp"
#include "bench/support/raw_disk.hpp"
#include "bench/support/raw_transfer.hpp"
#include "bench/support/scratch_directory.hpp"
#include "bench/support/stopwatch.hpp"

#include "persistence/spool.hpp"

#include <sluice/primary_node.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace sluice::bench {

namespace {

constexpr std::uint64_t mebibyte = 1024ull * 1024;
constexpr const char* cluster_id = "bootstrap";

template <class T>
T value_of(caf::expected<T> x) {
  if (!x)
    throw std::runtime_error(describe(x.error()));
  return std::move(*x);
}

/// Has the machine lend the memory that files are about to take: a virtual one pays several times
/// a copy for each page that it has given back to its host, and whoever comes first would pay
/// for it.
void warm_memory(std::uint64_t bytes) {
  auto* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::runtime_error("mmap");
  std::memset(memory, 1, bytes);
  ::munmap(memory, bytes);
}

primary_config primary_with_state(const std::filesystem::path& data) {
  auto config = primary_at(data, "local");
  config.cluster = cluster_id;
  config.segment_bytes = 4 * mebibyte;
  config.record_bytes_max = mebibyte;
  auto state = std::make_shared<file_state>();
  config.applier = state;
  config.snapshots = state;
  config.installs = state;
  return config;
}

/// A primary whose log begins late, with a state of so many bytes.
void make_pruned_primary(const std::filesystem::path& data, std::uint64_t bytes) {
  std::filesystem::create_directories(data);
  {
    node_host host;
    auto config = primary_with_state(data);
    auto node = value_of(primary_node::open(host.system(), config));
    run_in_flight(node.log(), 16, {64 * 1024, 1, {}}, std::chrono::minutes{1}, 32 * mebibyte);
    if (auto err = node.close())
      throw std::runtime_error(describe(err));
  }
  persistence::spool_options options;
  options.segment_bytes = 4 * mebibyte;
  options.record_bytes_max = mebibyte;
  auto log =
      value_of(persistence::spool::open(persistence::posix_vfs(), data, options, {cluster_id}));
  auto durable = log->durable_lsn();
  static_cast<void>(value_of(log->prune_through(lsn{durable.value / 2})));
  if (auto err = log->close())
    throw std::runtime_error(describe(err));
  file_state::make(data, bytes, durable);
}

/// Latencies of one caller until `done`.
std::vector<double> commit_until(sluice::log log, const std::atomic<bool>& done) {
  std::vector<double> latencies;
  while (!done) {
    auto result = run_callers([&](append what) { return log.append_and_wait(std::move(what)); }, 1,
                              {}, std::chrono::milliseconds{100});
    latencies.insert(latencies.end(), result.latencies_us.begin(), result.latencies_us.end());
  }
  return latencies;
}

void wait_installed(primary_node& primary, const std::string& replica, lsn goal) {
  auto deadline = now() + std::chrono::minutes{5};
  while (now() < deadline) {
    auto status = primary.log().status();
    if (status)
      for (const auto& x : status->replicas)
        if (x.id == replica && x.connected && x.flushed >= goal)
          return;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  throw std::runtime_error("the replica does not get its state");
}

/// What one round found. Latencies in microseconds.
struct bootstrap_round {
  std::vector<double> limits;
  double rate = 0;
  std::vector<double> quiet, during;
  std::vector<double> plain_quiet, plain_during;
};

/// The same without any node: writes of a commit's size with an fdatasync each, beside the plain
/// transfer.
void measure_plain(bootstrap_round& round, const std::filesystem::path& directory,
                   const std::filesystem::path& from, const std::filesystem::path& to) {
  raw_file file{directory, 64 * mebibyte};
  constexpr std::size_t commit_bytes = 1100;
  round.plain_quiet = raw_latencies(file, commit_bytes, std::chrono::milliseconds{600});
  std::atomic<bool> done{false};
  std::thread committer{[&] {
    while (!done) {
      auto some = raw_latencies(file, commit_bytes, std::chrono::milliseconds{50});
      round.plain_during.insert(round.plain_during.end(), some.begin(), some.end());
    }
  }};
  raw_transfer_rate(from, to);
  done = true;
  committer.join();
}

bootstrap_round run_round(const scenario_context& context, std::uint64_t bytes) {
  bootstrap_round round;
  scratch_directory scratch;
  scratch_directory receiver{context.receiver_directory};
  auto data = scratch.path() / "p1";
  make_pruned_primary(data, bytes);
  warm_memory(3 * bytes);
  measure_plain(round, scratch.path(), data / "state", receiver.path() / "raw");
  round.limits.push_back(raw_transfer_rate(data / "state", receiver.path() / "raw"));
  node_host host;
  auto primary = value_of(primary_node::open(host.system(), primary_with_state(data)));
  auto call = [&](append what) { return primary.log().append_and_wait(std::move(what)); };
  round.quiet = run_callers(call, 1, {}, context.run_time()).latencies_us;
  warm_memory(3 * bytes);
  std::atomic<bool> done{false};
  auto replica =
      node_process::replica_with_state(receiver.path() / "r1", "r1", primary.listening().port);
  auto began = now();
  std::thread caller{[&] { round.during = commit_until(primary.log(), done); }};
  wait_installed(primary, "r1", primary.start().durable);
  round.rate = static_cast<double>(bytes) / 1e6 / seconds_since(began);
  done = true;
  caller.join();
  warm_memory(3 * bytes);
  round.limits.push_back(raw_transfer_rate(data / "state", receiver.path() / "raw"));
  return round;
}

} // namespace

void measure_bootstrap(scenario_context& context) {
  auto bytes = (context.quick ? 512 : 2048) * mebibyte;
  context.out.remark(
      "bootstrap: an empty replica gets a state of the primary's by a snapshot, from "
      "its ready line until it streams behind it; against plain TCP and sequential "
      "writing of the same file, synced every 16 MiB. `plain` is a loop of writes of a commit's "
      "size with an fdatasync each, beside that plain transfer");
  std::vector<double> rates, limits, quiet, busy, busy_median, plain_quiet, plain_busy;
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    auto round = run_round(context, bytes);
    limits.insert(limits.end(), round.limits.begin(), round.limits.end());
    rates.push_back(round.rate);
    quiet.push_back(percentile(round.quiet, 0.99));
    busy.push_back(percentile(round.during, 0.99));
    busy_median.push_back(median(round.during));
    plain_quiet.push_back(percentile(round.plain_quiet, 0.99));
    plain_busy.push_back(percentile(round.plain_during, 0.99));
  }
  context.out.note("bootstrap.raw_limit", median(limits), "MB/s");
  context.out.note("bootstrap.plain_p99_quiet", median(plain_quiet), "us");
  context.out.note("bootstrap.plain_p99", median(plain_busy), "us");
  context.out.note("bootstrap.commit_p99_quiet", median(quiet), "us");
  context.out.note("bootstrap.commit_p50", median(busy_median), "us");
  context.out.at_most("bootstrap.commit_p99", median(busy), "us", 2 * median(quiet));
  context.out.at_least("bootstrap.rate", median(rates), "MB/s", 0.6 * median(limits));
}

} // namespace sluice::bench
