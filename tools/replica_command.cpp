#include "config/replica_options.hpp"
#include "tools/actor_host.hpp"
#include "tools/command.hpp"
#include "tools/config_flags.hpp"
#include "tools/logging.hpp"
#include "tools/node_serving.hpp"

#include <sluice/replica_node.hpp>

#include <CLI/CLI.hpp>

namespace sluice::tools {

namespace {

replica_config config_of(const config::replica_options& options) {
  replica_config result;
  take_options(options.node, result);
  for (const auto& primary : options.primaries)
    result.primaries.push_back({primary.host, primary.port});
  if (const auto& from = options.snapshot_from)
    result.snapshot_from = node_endpoint{from->host, from->port};
  return result;
}

exit_status run_replica(const config_flags& flags) {
  auto loaded = flags.load(config::command_kind::replica);
  auto options = config::replica_options_of(loaded);
  if (const auto* errors = std::get_if<std::vector<config::config_error>>(&options))
    return complain(*errors);
  const auto& replica = std::get<config::replica_options>(options);

  stop_signal signal;
  start_logging(replica.node.log_level, replica.node.log_json);
  warn_of_unused(loaded.values);
  actor_host host;
  auto node = replica_node::open(host.system(), config_of(replica));
  if (!node)
    return complain(node.error());
  return serve(ready_line(node->start(), node->listening()), signal, [&] { return node->close(); });
}

} // namespace

void add_replica_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "replica", "Run a replica in the foreground");
  command->footer("Prints one line `ready role=replica ...` when it serves, before it has met its "
                  "primary;\nSIGTERM or SIGINT ends it.\nSIZE: 64K, 16M, 1G; DURATION: 500ms, 5s, "
                  "2m, 24h.\nExample: sluice replica --data /var/lib/sluice --name r1 --primary "
                  "10.0.0.1:4150");
  auto flags = std::make_shared<config_flags>(*command, config::command_kind::replica);
  chosen.settings[command] = [flags] {
    auto options = config::replica_options_of(flags->load(config::command_kind::replica));
    const auto* errors = std::get_if<std::vector<config::config_error>>(&options);
    return errors != nullptr ? *errors : std::vector<config::config_error>{};
  };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_replica(*flags); }; });
}

} // namespace sluice::tools
