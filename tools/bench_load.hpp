#pragma once

#include "tools/latency_histogram.hpp"

#include <sluice/log.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace sluice::tools {

struct bench_settings {
  /// Threads that append.
  std::uint64_t writers = 1;
  /// Bytes of a record.
  std::uint64_t record_bytes = 1024;
  /// Of one run.
  std::chrono::seconds run_time{3};
  /// Unanswered appends of each writer; 1: each waits for its commit.
  std::uint64_t in_flight = 1;
  std::uint64_t runs = 3;
};

struct load_result {
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::chrono::nanoseconds elapsed{0};
  latency_histogram latencies;

  double rate() const;
};

/// Appends records to `log` from all writers for one run.
load_result append_for_a_while(sluice::log log, const bench_settings& settings);

/// Appends exactly `records` records, as fast as it goes.
load_result append_count(sluice::log log, const bench_settings& settings, std::uint64_t records);

/// What the disk can do: one thread writes records of the same size one after the other into
/// a file that was filled with zeros before, and makes each durable with fdatasync.
caf::expected<load_result> write_raw_for_a_while(const std::filesystem::path& file,
                                                 const bench_settings& settings);

} // namespace sluice::tools
