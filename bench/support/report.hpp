#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::bench {

/// The value below which `part` of `values` lie; 0 when there are none.
double percentile(std::vector<double> values, double part);

inline double median(std::vector<double> values) {
  return percentile(std::move(values), 0.5);
}

/// Prints what was measured, a row at a time: `name value unit bar verdict`, separated by
/// tabs. The verdict is `ok`, `missed`, or `-` where there is no bar.
class report {
public:
  void at_least(std::string_view name, double value, std::string_view unit, double bar);
  void at_most(std::string_view name, double value, std::string_view unit, double bar);
  void note(std::string_view name, double value, std::string_view unit);
  /// A line that is no row: what was durable when, what could not be measured and why.
  void remark(std::string_view text);

private:
  void print(std::string_view name, double value, std::string_view unit, const std::string& bar,
             std::string_view verdict);
};

} // namespace sluice::bench
