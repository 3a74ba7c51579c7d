#include "config/units.hpp"
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
  std::string size = "1K";
  std::uint64_t seconds = 3;
  bool as_json = false;
};

using load_bench = exit_status (*)(caf::actor_system&, const std::filesystem::path&,
                                   const bench_settings&, bool);

exit_status run_load(load_bench bench, bench_flags& flags) {
  auto size = config::parse_size(flags.size);
  if (!size)
    return complain(exit_status::bad_usage, "--size " + context_of(size.error()));
  flags.settings.record_bytes = *size;
  flags.settings.run_time = std::chrono::seconds{flags.seconds};
  start_logging("error", false);
  temporary_directory place;
  actor_host host;
  return bench(host.system(), place.path(), flags.settings, flags.as_json);
}

exit_status run_open(const bench_flags& flags) {
  auto bytes = config::parse_size(flags.size);
  if (!bytes)
    return complain(exit_status::bad_usage, "--size " + context_of(bytes.error()));
  start_logging("error", false);
  temporary_directory place;
  actor_host host;
  return bench_open(host.system(), place.path(), *bytes, flags.settings.runs, flags.as_json);
}

void add_runs(CLI::App& command, bench_flags& flags) {
  command.add_option("--runs", flags.settings.runs, "how often; medians are printed [3]")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command.add_flag("--json", flags.as_json, "one JSON object");
}

void add_load(CLI::App& group, chosen_command& chosen, const char* name, const char* description,
              load_bench bench) {
  auto flags = std::make_shared<bench_flags>();
  auto* command = add_command(group, name, description);
  command->add_option("--writers", flags->settings.writers, "threads that append [1]")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command->add_option("--size", flags->size, "bytes of a record [1K]")->type_name("SIZE");
  command->add_option("--seconds", flags->seconds, "length of a run [3]")
      ->type_name("N")
      ->check(CLI::Range(1, 3600));
  command
      ->add_option("--in-flight", flags->settings.in_flight,
                   "unanswered appends of each writer [1: each waits]")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  add_runs(*command, *flags);
  command->callback(
      [flags, bench, &chosen] { chosen.run = [flags, bench] { return run_load(bench, *flags); }; });
}

} // namespace

void add_bench_command(CLI::App& parent, chosen_command& chosen) {
  auto* group = add_command(parent, "bench", "Measure this machine; in $TMPDIR, or /tmp");
  group->require_subcommand(1);
  add_load(*group, chosen, "append", "Appends to one node, beside a raw write and fdatasync",
           bench_append);
  add_load(*group, chosen, "replicate", "Appends under quorum, with two replicas on this machine",
           bench_replicate);
  auto flags = std::make_shared<bench_flags>();
  flags->size = "1G";
  auto* open = add_command(*group, "open", "Opening a log, after a clean end and after SIGKILL");
  open->add_option("--size", flags->size, "bytes of the log [1G]")->type_name("SIZE");
  add_runs(*open, *flags);
  open->callback([flags, &chosen] { chosen.run = [flags] { return run_open(*flags); }; });
}

} // namespace sluice::tools
