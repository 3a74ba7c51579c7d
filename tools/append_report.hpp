#pragma once

#include "tools/append_job.hpp"
#include "tools/latency_histogram.hpp"
#include "tools/line_writer.hpp"
#include "tools/ordinal_set.hpp"

#include <chrono>
#include <vector>

namespace sluice::tools {

/// One append that was answered.
struct answered_append {
  append_outcome outcome;
  std::chrono::nanoseconds latency{0};
  /// Of its first record in the input, from 1.
  std::uint64_t ordinal = 1;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  /// CRC-32C of each record; empty unless there is an ack log.
  std::vector<std::uint32_t> checksums;
};

/// Tells what became of appends: lines on stdout, the ack log, and the sum at the end.
class append_report {
public:
  explicit append_report(const append_job& job);
  ~append_report();

  append_report(const append_report&) = delete;
  append_report& operator=(const append_report&) = delete;

  /// Opens and truncates the ack log, if there is one.
  caf::error open();

  void add(const answered_append& answered);

  /// Makes everything that was added visible.
  void flush();

  /// Why stdout or the ack log cannot be written; none while they can.
  caf::error failure() const;

  /// Prints the sum.
  exit_status finish(std::chrono::nanoseconds elapsed);

private:
  void add_commit(const committed& outcome, const answered_append& answered);
  void add_failure(const append_outcome& outcome, const answered_append& answered);
  void add_unknown(const lsn_range& where, const answered_append& answered);
  void print_without_lsn() const;
  void print_summary(double seconds) const;
  void print_json(double seconds);

  const append_job& job_;
  line_writer out_{1};
  line_writer errors_{2};
  int ack_descriptor_ = -1;
  line_writer acks_{-1};
  latency_histogram latencies_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t unknown_ = 0;
  /// Of these, those whose LSN was never told: where they stand in the input.
  ordinal_set without_lsn_;
  lsn last_;
  std::optional<append_outcome> first_failure_;
};

} // namespace sluice::tools
