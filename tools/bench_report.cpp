#include "tools/bench_report.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdio>

namespace sluice::tools {

namespace {

using json = nlohmann::ordered_json;

template <class Measure>
double median_of(const std::vector<load_result>& runs, Measure measure) {
  std::vector<double> values;
  for (const auto& run : runs)
    values.push_back(measure(run));
  return median(std::move(values));
}

json medians_of(const std::vector<load_result>& runs) {
  auto quantile = [&](double share) {
    return median_of(runs,
                     [share](const load_result& x) { return x.latencies.quantile_us(share); });
  };
  return {{"rate", median_of(runs, [](const load_result& x) { return x.rate(); })},
          {"p50_us", quantile(0.5)},
          {"p99_us", quantile(0.99)},
          {"p999_us", quantile(0.999)}};
}

std::string line_of(const char* name, const json& x) {
  return fmt::format("{:<7} rate={:.0f}/s p50={:.0f}us p99={:.0f}us p999={:.0f}us\n", name,
                     x["rate"].get<double>(), x["p50_us"].get<double>(), x["p99_us"].get<double>(),
                     x["p999_us"].get<double>());
}

double ratio(const json& of, const json& to, const char* key) {
  return to[key].get<double>() > 0 ? of[key].get<double>() / to[key].get<double>() : 0;
}

} // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void bench_report::add(load_result appended, load_result raw) {
  appended_.push_back(std::move(appended));
  raw_.push_back(std::move(raw));
}

std::uint64_t bench_report::failed() const {
  std::uint64_t sum = 0;
  for (const auto& run : appended_)
    sum += run.failed;
  return sum;
}

void bench_report::print(bool as_json) const {
  auto sluice = medians_of(appended_);
  auto raw = medians_of(raw_);
  auto megabytes = sluice["rate"].get<double>() * static_cast<double>(settings_.record_bytes) / 1e6;
  json all{{"bench", name_},
           {"durability", durability_},
           {"writers", settings_.writers},
           {"in_flight", settings_.in_flight},
           {"size", settings_.record_bytes},
           {"seconds", settings_.run_time.count()},
           {"runs", settings_.runs},
           {"failed", failed()},
           {"mb_per_s", megabytes}};
  all.update(sluice);
  all["raw"] = raw;
  all["rate_ratio"] = ratio(sluice, raw, "rate");
  all["p50_ratio"] = ratio(sluice, raw, "p50_us");
  if (as_json) {
    std::printf("%s\n", all.dump().c_str());
    return;
  }
  auto text = fmt::format("{}: durability {}\nwriters={} in_flight={} size={} seconds={}, medians "
                          "of {} runs\n",
                          name_, durability_, settings_.writers, settings_.in_flight,
                          settings_.record_bytes, settings_.run_time.count(), settings_.runs);
  text += line_of("sluice", sluice);
  text += line_of("raw", raw);
  text += fmt::format("ratio   rate={:.2f} p50={:.2f}  (raw: one thread, pwrite and fdatasync)  "
                      "{:.1f} MB/s\n",
                      all["rate_ratio"].get<double>(), all["p50_ratio"].get<double>(), megabytes);
  if (failed() > 0)
    text += fmt::format("failed  {}\n", failed());
  std::fputs(text.c_str(), stdout);
}

} // namespace sluice::tools
