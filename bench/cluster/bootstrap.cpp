#include "bench/cluster/scenarios.hpp"
#include "bench/support/file_state.hpp"
#include "bench/support/load.hpp"
#include "bench/support/node_process.hpp"
#include "bench/support/raw_disk.hpp"
#include "bench/support/scratch_directory.hpp"
#include "bench/support/stopwatch.hpp"

#include "persistence/spool.hpp"

#include <sluice/primary_node.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

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

int checked(int result, const char* what) {
  if (result < 0)
    throw std::runtime_error(what);
  return result;
}

/// Takes bytes from a socket into a new file, as a replica would at best: an fdatasync every
/// 16 MiB.
void receive_into(const std::filesystem::path& path, int socket, std::uint64_t bytes) {
  auto out = checked(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "open");
  checked(::posix_fallocate(out, 0, static_cast<off_t>(bytes)) == 0 ? 0 : -1, "fallocate");
  std::string block(mebibyte, '\0');
  std::uint64_t written = 0;
  std::uint64_t synced = 0;
  while (written < bytes) {
    auto got = ::recv(socket, block.data(), block.size(), 0);
    if (got <= 0 || ::write(out, block.data(), static_cast<std::size_t>(got)) != got)
      throw std::runtime_error("the raw transfer broke");
    written += static_cast<std::uint64_t>(got);
    if (written - synced >= 16 * mebibyte || written == bytes) {
      checked(::fdatasync(out), "fdatasync");
      synced = written;
    }
  }
  ::close(out);
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

/// MB/s of plain TCP and sequential writing: one thread reads the file and sends, one writes.
double raw_rate(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto bytes = std::filesystem::file_size(from);
  auto door = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(door, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(door, 1), "listen");
  socklen_t length = sizeof address;
  checked(::getsockname(door, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  auto began = now();
  std::thread sender{[&] {
    auto out = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    checked(::connect(out, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
    auto in = checked(::open(from.c_str(), O_RDONLY | O_CLOEXEC), "open");
    std::string block(mebibyte, '\0');
    for (auto got = ::read(in, block.data(), block.size()); got > 0;
         got = ::read(in, block.data(), block.size()))
      checked(::send(out, block.data(), static_cast<std::size_t>(got), 0) == got ? 0 : -1, "send");
    ::close(in);
    ::close(out);
  }};
  auto in = checked(::accept(door, nullptr, nullptr), "accept");
  receive_into(to, in, bytes);
  auto seconds = seconds_since(began);
  sender.join();
  ::close(in);
  ::close(door);
  std::filesystem::remove(to);
  return static_cast<double>(bytes) / 1e6 / seconds;
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

} // namespace

void measure_bootstrap(scenario_context& context) {
  auto bytes = (context.quick ? 512 : 2048) * mebibyte;
  context.out.remark(
      "bootstrap: an empty replica gets a state of the primary's by a snapshot, from "
      "its ready line until it streams behind it; against plain TCP and sequential "
      "writing of the same file, synced every 16 MiB");
  std::vector<double> rates, limits, quiet, busy;
  for (std::size_t round = 0; round < context.repeats(); ++round) {
    scratch_directory scratch;
    auto data = scratch.path() / "p1";
    make_pruned_primary(data, bytes);
    warm_memory(3 * bytes);
    limits.push_back(raw_rate(data / "state", scratch.path() / "raw"));
    node_host host;
    auto primary = value_of(primary_node::open(host.system(), primary_with_state(data)));
    auto before =
        run_callers([&](append what) { return primary.log().append_and_wait(std::move(what)); }, 1,
                    {}, context.run_time());
    quiet.push_back(percentile(before.latencies_us, 0.99));
    warm_memory(3 * bytes);
    std::atomic<bool> done{false};
    std::vector<double> during;
    auto replica =
        node_process::replica_with_state(scratch.path() / "r1", "r1", primary.listening().port);
    auto began = now();
    std::thread caller{[&] { during = commit_until(primary.log(), done); }};
    wait_installed(primary, "r1", primary.start().durable);
    rates.push_back(static_cast<double>(bytes) / 1e6 / seconds_since(began));
    done = true;
    caller.join();
    busy.push_back(percentile(during, 0.99));
    warm_memory(3 * bytes);
    limits.push_back(raw_rate(data / "state", scratch.path() / "raw"));
  }
  context.out.note("bootstrap.raw_limit", median(limits), "MB/s");
  context.out.note("bootstrap.commit_p99_quiet", median(quiet), "us");
  context.out.at_most("bootstrap.commit_p99", median(busy), "us", 2 * median(quiet));
  context.out.at_least("bootstrap.rate", median(rates), "MB/s", 0.6 * median(limits));
}

} // namespace sluice::bench
