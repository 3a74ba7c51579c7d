#pragma once

#include <sluice/append.hpp>
#include <sluice/log.hpp>
#include <sluice/outcome.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace sluice::bench {

/// What a load did. Only appends that committed count.
struct load_result {
  double seconds = 0;
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  /// Of each append, from the call to its answer.
  std::vector<double> latencies_us;

  double rate() const { return seconds > 0 ? static_cast<double>(records) / seconds : 0; }
};

/// What is appended again and again.
struct load_shape {
  std::size_t record_bytes = 1024;
  std::size_t records_per_append = 1;
  /// None: the node's default.
  std::optional<commit_policy> policy = {};
};

append make_append(const load_shape& shape);

using append_function = std::function<append_outcome(append)>;

/// `callers` threads, each with one append at a time.
load_result run_callers(const append_function& call, std::size_t callers, const load_shape& shape,
                        std::chrono::milliseconds duration);

/// One thread that keeps `in_flight` appends unanswered until `duration` passed, or `bytes`
/// were appended.
load_result run_in_flight(sluice::log log, std::size_t in_flight, const load_shape& shape,
                          std::chrono::milliseconds duration, std::uint64_t bytes = UINT64_MAX);

/// Appends at an even pace, whatever the answers do; each latency counts from when the
/// append was due. `each_second` is called between appends.
load_result run_paced(sluice::log log, std::uint64_t bytes_per_second, const load_shape& shape,
                      std::chrono::milliseconds duration,
                      const std::function<void()>& each_second = {});

} // namespace sluice::bench
