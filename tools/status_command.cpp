#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"
#include "tools/status_text.hpp"
#include "tools/stop_signal.hpp"

#include <sluice/client.hpp>

#include <CLI/CLI.hpp>

#include <optional>

#include <unistd.h>

namespace sluice::tools {

namespace {

constexpr std::chrono::milliseconds watch_interval{1000};
constexpr const char* clear_screen = "\x1b[H\x1b[2J";

struct status_flags {
  bool as_json = false;
  bool watch = false;
  std::shared_ptr<client_flags> shared;
};

exit_status print_status(caf::actor_system& system, const node_endpoint& where,
                         const status_flags& flags, std::chrono::milliseconds within,
                         line_writer& out) {
  auto status = status_of(system, where, within);
  if (!status)
    return complain(status.error());
  out.add(flags.as_json ? status_json(*status) + "\n" : status_table(*status));
  out.flush();
  return complain_of_output(out);
}

exit_status run_status(const status_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  const auto& where = settings->nodes.front();
  std::optional<stop_signal> signal;
  if (flags.watch)
    signal.emplace();
  actor_host host;
  line_writer out{STDOUT_FILENO};
  auto print = [&] { return print_status(host.system(), where, flags, settings->timeout, out); };
  auto status = print();
  // A node that goes away while it is watched may come back.
  while (flags.watch && !out.failure() && !signal->wait_for(watch_interval)) {
    if (!flags.as_json && isatty(STDOUT_FILENO) != 0)
      out.add(clear_screen);
    status = print();
  }
  return status;
}

} // namespace

void add_status_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<status_flags>();
  auto* command = add_command(parent, "status", "Tell how a node is");
  command->footer("Example: sluice status --of 127.0.0.1:4150 --json");
  command->add_flag("--json", flags->as_json, "one JSON object; with --watch one a line");
  command->add_flag("--watch", flags->watch, "again every second, until SIGINT");
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::status);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_status(*flags); }; });
}

} // namespace sluice::tools
