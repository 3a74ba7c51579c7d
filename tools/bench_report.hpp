#pragma once

#include "tools/bench_load.hpp"

#include <string>
#include <vector>

namespace sluice::tools {

/// Medians over the runs of a benchmark of appends, beside those of the raw loop.
class bench_report {
public:
  /// @param durability what a commit means here: `local: fdatasync on one node`
  bench_report(std::string name, std::string durability, const bench_settings& settings)
      : name_(std::move(name)), durability_(std::move(durability)), settings_(settings) {}

  void add(load_result appended, load_result raw);

  /// Appends of all runs that were not committed.
  std::uint64_t failed() const;

  void print(bool as_json) const;

private:
  std::string name_;
  std::string durability_;
  bench_settings settings_;
  std::vector<load_result> appended_;
  std::vector<load_result> raw_;
};

/// The middle one of `values`. @pre there is one
double median(std::vector<double> values);

} // namespace sluice::tools
