#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"
#include "tools/stop_signal.hpp"
#include "tools/topology_text.hpp"

#include <sluice/topology_client.hpp>

#include <CLI/CLI.hpp>

#include <optional>

#include <unistd.h>

namespace sluice::tools {

namespace {

/// Between two looks at whether a signal came.
constexpr std::chrono::milliseconds look_interval{200};

struct topology_flags {
  bool as_json = false;
  bool follow = false;
  std::shared_ptr<client_flags> shared;
};

void print(const topology& told, bool as_json, line_writer& out) {
  out.add(as_json ? topology_json(told) + "\n" : topology_table(told));
  out.flush();
}

/// Each new epoch, from whichever node is the primary then.
exit_status follow(caf::actor_system& system, const node_endpoint& where, topology_epoch told,
                   stop_signal& signal, bool as_json, line_writer& out) {
  topology_client_config config;
  config.seeds = {where};
  auto client = topology_client::open(system, std::move(config));
  if (!client)
    return complain(client.error());
  while (!out.failure() && !signal.wait_for(std::chrono::milliseconds{0})) {
    auto newer = client->wait_newer(told, look_interval);
    if (!newer)
      continue;
    print(*newer, as_json, out);
    told = newer->epoch;
  }
  return complain_of_output(out);
}

exit_status run_topology(const topology_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  const auto& where = settings->nodes.front();
  std::optional<stop_signal> signal;
  if (flags.follow)
    signal.emplace();
  actor_host host;
  line_writer out{STDOUT_FILENO};
  auto told = topology_of(host.system(), where, settings->timeout);
  if (!told)
    return complain(told.error());
  print(*told, flags.as_json, out);
  if (flags.follow)
    return follow(host.system(), where, told->epoch, *signal, flags.as_json, out);
  return complain_of_output(out);
}

} // namespace

void add_topology_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<topology_flags>();
  auto* command = add_command(parent, "topology", "Tell who is in the cluster and how they are");
  command->footer("A replica tells what its primary told it last.\n"
                  "Example: sluice topology --of 127.0.0.1:4150 --json --follow");
  command->add_flag("--json", flags->as_json, "one JSON object; with --follow one a line");
  command->add_flag("--follow", flags->follow,
                    "again for each new epoch, until SIGINT; goes to the primary itself");
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::status);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_topology(*flags); }; });
}

} // namespace sluice::tools
