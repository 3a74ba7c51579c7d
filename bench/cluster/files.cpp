#include "bench/cluster/scenarios.hpp"
#include "bench/support/cluster.hpp"
#include "bench/support/load.hpp"
#include "bench/support/raw_disk.hpp"
#include "bench/support/stopwatch.hpp"

#include "persistence/mark.hpp"
#include "persistence/spool.hpp"

#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace sluice::bench {

namespace {

constexpr std::uint64_t gibibyte = 1024ull * 1024 * 1024;
constexpr std::uint64_t mebibyte = 1024ull * 1024;

template <class T>
T value_of(caf::expected<T> x) {
  if (!x)
    throw std::runtime_error(describe(x.error()));
  return std::move(*x);
}

/// Opens what is in `data` in a process, and how long that took in milliseconds. The node
/// is closed cleanly.
double open_and_close(const std::filesystem::path& data) {
  auto node = node_process::primary(data);
  auto took = node->open_ms();
  node->process().finish();
  return took;
}

/// Fills `data` up to `bytes` in a process and kills it while it writes more.
void fill_and_kill(const std::filesystem::path& data, std::uint64_t bytes) {
  child_process filler{{own_program(), "child-filler", data.string(), std::to_string(bytes)}};
  filler.read_line(std::chrono::minutes{2});
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  filler.kill();
}

void measure_reads(scenario_context& context, const std::filesystem::path& data) {
  node_host host;
  auto node = value_of(primary_node::open(host.system(), primary_at(data, "local")));
  auto last = value_of(node.log().status()).durable;
  std::vector<double> took;
  for (std::uint64_t i = 0; i < 20; ++i) {
    read_options options;
    options.records_max = 1000;
    options.bytes_max = 4 * mebibyte;
    lsn after{last.value / 2 + i * 5000};
    auto through = last_of(next(after), 1000);
    auto began = now();
    // A read ends where a segment does.
    while (after < through) {
      options.through = through;
      auto records = value_of(node.log().read(after, options));
      if (records.empty())
        throw std::runtime_error("records are missing after LSN " + to_string(after));
      after = records.back().lsn;
    }
    took.push_back(microseconds_since(began) / 1000);
  }
  context.out.at_most("read.1000_from_the_middle.p50", median(took), "ms", 2);
  context.out.note("read.1000_from_the_middle.first", took.front(), "ms");
}

std::vector<persistence::append_entry> entries_of(std::size_t count, std::size_t record_bytes) {
  payload bytes{std::string(record_bytes, 'e')};
  return std::vector<persistence::append_entry>(
      count, {{bytes}, persistence::system_wall_clock().now(), std::nullopt, std::nullopt});
}

std::unique_ptr<persistence::spool> open_spool(const std::filesystem::path& directory) {
  std::filesystem::create_directory(directory);
  return value_of(persistence::spool::open(persistence::posix_vfs(), directory, {}, {"bench"}));
}

void do_chores(persistence::spool& spool) {
  for (const auto& work : spool.take_chores()) {
    auto made = value_of(
        persistence::run_chore(persistence::posix_vfs(), work, [](std::uint64_t) { return true; }));
    if (made)
      spool.offer_prepared(*made);
  }
}

double prune_half_ms(const std::filesystem::path& directory, std::uint64_t bytes) {
  auto spool = open_spool(directory);
  auto entries = entries_of(1024, 1024);
  for (std::uint64_t done = 0; done < bytes; done += mebibyte) {
    value_of(spool->append(entries, term{1}, timeline_id{1}));
    do_chores(*spool);
  }
  auto began = now();
  value_of(spool->prune_through(lsn{spool->next_lsn().value / 2}));
  return microseconds_since(began) / 1000;
}

} // namespace

void measure_open(scenario_context& context) {
  context.out.remark("open: primary_node::open of 1 GiB of 1 KiB records in a fresh process, files "
                     "in the page cache; killed while it appends");
  scratch_directory scratch;
  auto data = scratch.path() / "node";
  std::vector<double> killed, clean;
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    fill_and_kill(data, i == 0 ? gibibyte : mebibyte);
    killed.push_back(open_and_close(data));
    clean.push_back(open_and_close(data));
  }
  context.out.at_most("open.1GiB.after_kill", median(killed), "ms", 300);
  context.out.at_most("open.1GiB.after_clean_close", median(clean), "ms", 50);
  measure_reads(context, data);
  std::filesystem::remove_all(data);
  context.out.at_most("prune.half_of_1GiB", prune_half_ms(scratch.path() / "log", gibibyte), "ms",
                      10);
}

void measure_bytes(scenario_context& context) {
  context.out.remark(
      "bytes: in the log, frames with their marks; on the device, everything that it "
      "wrote, preparation of segments apart (others' writes inflate it)");
  scratch_directory scratch;
  {
    auto spool = open_spool(scratch.path() / "log");
    auto batch = value_of(spool->append(entries_of(4096, 256), term{1}, timeline_id{1}));
    auto stored = static_cast<double>(batch.bytes.size() + persistence::mark_bytes);
    context.out.at_most("bytes.log_per_payload.256B_full_batch", stored / (4096 * 256), "ratio",
                        1.10);
  }
  double lowest = 0;
  double lowest_with_preparation = 0;
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    cluster nodes{{}};
    auto call = [&](append what) { return nodes.log().append_and_wait(std::move(what)); };
    auto files = [&] {
      std::uint64_t bytes = 0;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(nodes.data()))
        if (entry.is_regular_file())
          bytes += entry.file_size();
      return static_cast<double>(bytes);
    };
    run_callers(call, 64, {}, std::chrono::milliseconds{300});
    ::sync();
    auto files_before = files();
    auto device_before = device_bytes_written(scratch.path());
    auto result = run_callers(call, 64, {}, context.run_time());
    ::sync();
    auto written = static_cast<double>(device_bytes_written(scratch.path()) - device_before);
    auto prepared = files() - files_before;
    auto payload_bytes = static_cast<double>(result.records) * 1024;
    auto ratio = (written - prepared) / payload_bytes;
    if (i == 0 || ratio < lowest) {
      lowest = ratio;
      lowest_with_preparation = written / payload_bytes;
    }
  }
  context.out.at_most("bytes.device_per_payload.64_x_1KiB", lowest, "ratio", 1.3);
  context.out.note("bytes.device_per_payload.with_preparation", lowest_with_preparation, "ratio");
}

} // namespace sluice::bench
