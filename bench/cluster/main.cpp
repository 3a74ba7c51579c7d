#include "bench/cluster/scenarios.hpp"
#include "bench/support/node_process.hpp"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace sluice::bench {

namespace {

struct scenario {
  const char* name;
  void (*measure)(scenario_context&);
};

constexpr std::array scenarios{
    scenario{"local", measure_local},     scenario{"pipeline", measure_pipeline},
    scenario{"quorum", measure_quorum},   scenario{"client", measure_client},
    scenario{"catchup", measure_catchup}, scenario{"link", measure_link},
    scenario{"open", measure_open},       scenario{"bytes", measure_bytes},
    scenario{"stopped", measure_stopped}, scenario{"idle", measure_idle},
    scenario{"acks", measure_acks},       scenario{"prune", measure_prune},
    scenario{"slowed", measure_slowed},   scenario{"bootstrap", measure_bootstrap},
    scenario{"rejoin", measure_rejoin},
};

constexpr const char* usage =
    "usage: bench_cluster [--quick] [--receiver-dir DIR] SCENARIO...\n"
    "       bench_cluster --list\n"
    "\n"
    "Measures whole nodes. Prints rows of `name value unit bar verdict`, separated by tabs, and\n"
    "remarks that begin with #. Data goes below TMPDIR and is removed; what `bootstrap` sends "
    "goes\n"
    "below DIR if that is given: another disk than the primary's. With SLUICE_BENCH_LOG set the\n"
    "nodes log to stderr.\n";

/// Takes `--receiver-dir DIR` out of the arguments. @returns whether it has a value, if it is there
bool take_receiver_directory(std::vector<std::string>& arguments, scenario_context& context) {
  auto found = std::ranges::find(arguments, "--receiver-dir");
  if (found == arguments.end())
    return true;
  if (found + 1 == arguments.end())
    return false;
  context.receiver_directory = *(found + 1);
  arguments.erase(found, found + 2);
  return true;
}

int run(std::vector<std::string> arguments) {
  // Links that are cut on purpose need no warnings, unless somebody wants to see them.
  if (std::getenv("SLUICE_BENCH_LOG") != nullptr)
    spdlog::set_default_logger(spdlog::stderr_color_mt("sluice"));
  else
    spdlog::set_default_logger(spdlog::null_logger_mt("sluice"));
  if (run_as_child(arguments))
    return 0;
  scenario_context context;
  context.quick = std::erase(arguments, "--quick") > 0;
  if (arguments == std::vector<std::string>{"--list"}) {
    for (const auto& each : scenarios)
      std::printf("%s\n", each.name);
    return 0;
  }
  if (!take_receiver_directory(arguments, context) || arguments.empty()) {
    std::fputs(usage, stderr);
    return 2;
  }
  for (const auto& name : arguments) {
    auto found = std::find_if(scenarios.begin(), scenarios.end(),
                              [&](const scenario& each) { return name == each.name; });
    if (found == scenarios.end()) {
      std::fputs(usage, stderr);
      return 2;
    }
    found->measure(context);
  }
  return 0;
}

} // namespace

} // namespace sluice::bench

int main(int argc, char** argv) {
  try {
    return sluice::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cluster: %s\n", error.what());
    return 1;
  }
}
