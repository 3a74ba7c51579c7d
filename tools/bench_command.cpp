#include "tools/actor_host.hpp"
#include "tools/bench_runs.hpp"
#include "tools/command.hpp"
#include "tools/logging.hpp"
#include "tools/stop_signal.hpp"
#include "tools/temporary_directory.hpp"

#include <CLI/CLI.hpp>

namespace sluice::tools {

namespace {

struct bench_flags {
  bench_settings settings;
  std::uint64_t bytes = 1024;
  std::uint64_t seconds = 3;
  bool as_json = false;
};

using load_bench = exit_status (*)(caf::actor_system&, const std::filesystem::path&,
                                   const bench_settings&, bool);

exit_status run_load(load_bench bench, bench_flags& flags) {
  flags.settings.record_bytes = flags.bytes;
  flags.settings.run_time = std::chrono::seconds{flags.seconds};
  start_logging("error", false);
  temporary_directory place;
  actor_host host;
  return bench(host.system(), place.path(), flags.settings, flags.as_json);
}

exit_status run_open(const bench_flags& flags) {
  start_logging("error", false);
  temporary_directory place;
  actor_host host;
  return bench_open(host.system(), place.path(), flags.bytes, flags.settings.runs, flags.as_json);
}

void add_runs(CLI::App& command, usage_faults& faults, bench_flags& flags) {
  add_number(command, faults, "--runs", "how often; medians are printed [3]", {1, 1000},
             [&](std::uint64_t x) { flags.settings.runs = x; });
  command.add_flag("--json", flags.as_json, "one JSON object");
}

void add_load(CLI::App& group, chosen_command& chosen, const char* name, const char* description,
              load_bench bench) {
  auto flags = std::make_shared<bench_flags>();
  auto* command = add_command(group, name, description);
  auto& faults = chosen.faults;
  auto& settings = flags->settings;
  add_number(*command, faults, "--writers", "threads that append [1]", {1, 1024},
             [&settings](std::uint64_t x) { settings.writers = x; });
  add_size(*command, faults, "--size", "bytes of a record [1K]",
           [flags = flags.get()](std::uint64_t x) { flags->bytes = x; });
  add_number(*command, faults, "--seconds", "length of a run [3]", {1, 3600},
             [flags = flags.get()](std::uint64_t x) { flags->seconds = x; });
  add_number(*command, faults, "--in-flight", "unanswered appends of each writer [1: each waits]",
             {1, 1'000'000}, [&settings](std::uint64_t x) { settings.in_flight = x; });
  add_runs(*command, faults, *flags);
  command->callback(
      [flags, bench, &chosen] { chosen.run = [flags, bench] { return run_load(bench, *flags); }; });
}

} // namespace

void add_bench_command(CLI::App& parent, chosen_command& chosen) {
  auto* group = add_command(parent, "bench", "Measure this machine; in $TMPDIR, or /tmp");
  group->require_subcommand(1);
  group->footer("Nothing is measured well beside other work on the same machine.\nExample: sluice "
                "bench append --writers 8 --size 1K --seconds 5");
  add_load(*group, chosen, "append", "Appends to one node, beside a raw write and fdatasync",
           bench_append);
  add_load(*group, chosen, "replicate", "Appends under quorum, with two replicas on this machine",
           bench_replicate);
  auto flags = std::make_shared<bench_flags>();
  flags->bytes = std::uint64_t{1} << 30;
  auto* open = add_command(*group, "open", "Opening a log, after a clean end and after SIGKILL");
  add_size(*open, chosen.faults, "--size", "bytes of the log [1G]",
           [flags = flags.get()](std::uint64_t x) { flags->bytes = x; });
  add_runs(*open, chosen.faults, *flags);
  open->callback([flags, &chosen] { chosen.run = [flags] { return run_open(*flags); }; });
}

} // namespace sluice::tools
