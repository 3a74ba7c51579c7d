#include "tools/bench_load.hpp"

#include "tools/child_process.hpp"
#include "tools/record_input.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <semaphore>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

/// A run that is over when its time is, or when enough was appended.
struct run_end {
  clock::time_point deadline = clock::time_point::max();
  std::uint64_t records = UINT64_MAX;
  std::atomic<std::uint64_t> begun{0};

  bool take_one() { return clock::now() < deadline && begun.fetch_add(1) < records; }
};

void count(load_result& into, const append_outcome& outcome, clock::time_point began) {
  if (!std::holds_alternative<committed>(outcome)) {
    ++into.failed;
    return;
  }
  ++into.records;
  into.latencies.add(clock::now() - began);
}

append one_record(const payload& bytes) {
  append request;
  request.records.push_back(bytes);
  request.options.timeout = std::chrono::seconds{30};
  return request;
}

/// Each append waits for its commit.
void append_one_by_one(sluice::log& log, const payload& bytes, run_end& end, load_result& result) {
  while (end.take_one()) {
    auto began = clock::now();
    count(result, log.append_and_wait(one_record(bytes)), began);
  }
}

void append_pipelined(sluice::log& log, const payload& bytes, std::uint64_t in_flight, run_end& end,
                      load_result& result) {
  std::mutex mutex;
  std::counting_semaphore<> room{static_cast<std::ptrdiff_t>(in_flight)};
  while (end.take_one()) {
    room.acquire();
    log.append_then(one_record(bytes), [&, began = clock::now()](const append_outcome& outcome) {
      {
        std::lock_guard lock{mutex};
        count(result, outcome, began);
      }
      room.release();
    });
  }
  for (std::uint64_t i = 0; i < in_flight; ++i)
    room.acquire();
  // The last callback may still hold the lock.
  std::lock_guard lock{mutex};
}

load_result append_until(sluice::log log, const bench_settings& settings, run_end& end) {
  auto bytes = generated_record(1, settings.record_bytes);
  std::vector<load_result> results(settings.writers);
  std::vector<std::thread> threads;
  auto began = clock::now();
  for (auto& result : results)
    threads.emplace_back([&, log]() mutable {
      if (settings.in_flight == 1)
        append_one_by_one(log, bytes, end, result);
      else
        append_pipelined(log, bytes, settings.in_flight, end, result);
    });
  for (auto& thread : threads)
    thread.join();
  load_result sum;
  sum.elapsed = clock::now() - began;
  for (const auto& result : results) {
    sum.records += result.records;
    sum.failed += result.failed;
    sum.latencies.merge(result.latencies);
  }
  return sum;
}

caf::error failed(const char* what) {
  return make_error(errc::io_error, std::string{what} + ": " + std::strerror(errno));
}

} // namespace

double load_result::rate() const {
  return static_cast<double>(records) / std::chrono::duration<double>(elapsed).count();
}

load_result append_for_a_while(sluice::log log, const bench_settings& settings) {
  run_end end;
  end.deadline = clock::now() + settings.run_time;
  return append_until(std::move(log), settings, end);
}

load_result append_count(sluice::log log, const bench_settings& settings, std::uint64_t records) {
  run_end end;
  end.records = records;
  return append_until(std::move(log), settings, end);
}

caf::expected<load_result> write_raw_for_a_while(const std::filesystem::path& file,
                                                 const bench_settings& settings) {
  constexpr std::uint64_t file_bytes = 64 * 1024 * 1024;
  constexpr std::uint64_t block = 1024 * 1024;
  owned_descriptor opened{::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!opened.is_open())
    return failed("open");
  std::string zeros(block, '\0');
  for (std::uint64_t at = 0; at < file_bytes; at += block)
    if (::pwrite(opened.number(), zeros.data(), block, static_cast<off_t>(at)) < 0)
      return failed("pwrite");
  if (::fsync(opened.number()) != 0)
    return failed("fsync");
  load_result result;
  auto bytes = generated_record(1, settings.record_bytes);
  auto began = clock::now();
  for (std::uint64_t at = 0; clock::now() < began + settings.run_time; at += bytes.size()) {
    if (at + bytes.size() > file_bytes)
      at = 0;
    auto one = clock::now();
    if (::pwrite(opened.number(), bytes.data(), bytes.size(), static_cast<off_t>(at)) < 0)
      return failed("pwrite");
    if (::fdatasync(opened.number()) != 0)
      return failed("fdatasync");
    result.latencies.add(clock::now() - one);
    ++result.records;
  }
  result.elapsed = clock::now() - began;
  return result;
}

} // namespace sluice::tools
