#include "bench/support/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sluice::bench {

namespace {

/// Three digits that say something, never an exponent.
std::string text_of(double value) {
  char text[64];
  auto size = std::abs(value);
  std::snprintf(text, sizeof text, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.3f", value);
  return text;
}

} // namespace

double percentile(std::vector<double> values, double part) {
  if (values.empty())
    return 0;
  auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5);
  auto place = values.begin() + static_cast<std::ptrdiff_t>(std::min(at, values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

void report::at_least(std::string_view name, double value, std::string_view unit, double bar) {
  print(name, value, unit, ">=" + text_of(bar), value >= bar ? "ok" : "missed");
}

void report::at_most(std::string_view name, double value, std::string_view unit, double bar) {
  print(name, value, unit, "<=" + text_of(bar), value <= bar ? "ok" : "missed");
}

void report::note(std::string_view name, double value, std::string_view unit) {
  print(name, value, unit, "-", "-");
}

void report::remark(std::string_view text) {
  std::printf("# %.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(stdout);
}

void report::print(std::string_view name, double value, std::string_view unit,
                   const std::string& bar, std::string_view verdict) {
  auto width = [](std::string_view text) { return static_cast<int>(text.size()); };
  std::printf("%.*s\t%s\t%.*s\t%s\t%.*s\n", width(name), name.data(), text_of(value).c_str(),
              width(unit), unit.data(), bar.c_str(), width(verdict), verdict.data());
  std::fflush(stdout);
}

} // namespace sluice::bench
