#include "tools/actor_host.hpp"
#include "tools/command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include <unistd.h>

namespace sluice::tools {

namespace {

void add_commands(CLI::App& app, chosen_command& chosen) {
  add_primary_command(app, chosen);
  add_replica_command(app, chosen);
  add_append_command(app, chosen);
  add_read_command(app, chosen);
  add_status_command(app, chosen);
  add_topology_command(app, chosen);
  add_slots_command(app, chosen);
  add_detach_command(app, chosen);
  add_inspect_command(app, chosen);
  add_verify_command(app, chosen);
  add_diverged_command(app, chosen);
  add_import_command(app, chosen);
  add_export_command(app, chosen);
  add_bench_command(app, chosen);
  add_demo_command(app, chosen);
  add_policy_command(app, chosen);
  add_promote_command(app, chosen);
  add_switchover_command(app, chosen);
  add_kv_command(app, chosen);
  add_config_command(app, chosen);
}

exit_status run(int argc, char** argv) {
  CLI::App app{"sluice: a durable, replicated write-ahead log. `sluice demo` shows it at work."};
  app.name("sluice");
  set_help_style(app);
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer("Exit status: 0 done, 1 failed, 2 bad usage, 3 outcome unknown, 4 damage found, "
             "5 refused, 6 unreachable.\nSIZE: bytes, or 64K, 16M, 1G; DURATION: 500ms, 5s, 2m, "
             "24h. What stands in [ ] holds without the option.\nOptions that nodes and clients "
             "share may also stand in a file (--config) and in SLUICE_... variables:\n`sluice "
             "config show` tells what holds and where it came from. `sluice COMMAND --help` says "
             "more.");
  chosen_command chosen;
  add_commands(app, chosen);
  auto words = in_order(app, {argv + 1, argv + argc});
  // The parser takes the last one first.
  std::reverse(words.begin(), words.end());
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return tell(app, chosen, error);
  }
  if (!chosen.faults.errors().empty())
    return tell(app, chosen);
  return chosen.run();
}

/// What was printed must have arrived; a reader that has gone away wants no more, and no
/// complaint.
exit_status finish_stdout(exit_status status) {
  errno = 0;
  auto is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_written)
    return status;
  if (errno != EPIPE)
    complain(exit_status::failed,
             std::string{"stdout cannot be written"}
                 + (errno != 0 ? std::string{": "} + std::strerror(errno) : std::string{}));
  return status == exit_status::done ? exit_status::failed : status;
}

} // namespace

} // namespace sluice::tools

int main(int argc, char** argv) {
  using namespace sluice::tools;
  auto status = exit_status::failed;
  try {
    status = run(argc, argv);
  } catch (const std::exception& error) {
    status = complain(exit_status::failed, error.what());
  }
  status = finish_stdout(status);
  if (actor_host::is_left_behind())
    _exit(static_cast<int>(status));
  return static_cast<int>(status);
}
