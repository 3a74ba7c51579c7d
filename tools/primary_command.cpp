#include "config/primary_options.hpp"
#include "tools/actor_host.hpp"
#include "tools/command.hpp"
#include "tools/config_flags.hpp"
#include "tools/logging.hpp"
#include "tools/node_serving.hpp"

#include <sluice/primary_node.hpp>

#include <CLI/CLI.hpp>

namespace sluice::tools {

namespace {

primary_config config_of(const config::primary_options& options) {
  primary_config result;
  take_options(options.node, result);
  result.policy = options.node.policy;
  result.members = options.members.names();
  result.flow = options.node.flow;
  result.replicas_max = options.node.slots_max;
  result.slot_bytes_max = options.node.slot_bytes_max;
  result.slot_idle_timeout = options.node.slot_idle_timeout;
  result.retain_bytes_min = options.node.retain_bytes_min;
  result.retain_age = options.node.retain_age;
  return result;
}

exit_status run_primary(const config_flags& flags) {
  auto loaded = flags.load(config::command_kind::primary);
  auto options = config::primary_options_of(loaded);
  if (const auto* errors = std::get_if<std::vector<config::config_error>>(&options))
    return complain(*errors);
  const auto& primary = std::get<config::primary_options>(options);

  stop_signal signal;
  start_logging(primary.node.log_level, primary.node.log_json);
  warn_of_unused(loaded.values);
  actor_host host;
  auto node = primary_node::open(host.system(), config_of(primary));
  if (!node)
    return complain(node.error());
  return serve(ready_line(node->start(), node->listening()), signal, [&] { return node->close(); });
}

} // namespace

void add_primary_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "primary", "Run a primary in the foreground");
  command->footer("Prints one line `ready role=primary ...` when it serves; SIGTERM or SIGINT ends "
                  "it.\nSIZE: 64K, 16M, 1G; DURATION: 500ms, 5s, 2m, 24h.\nExample: sluice primary "
                  "--data /var/lib/sluice --name p1 --members p1,r1,r2 --policy quorum");
  auto flags = std::make_shared<config_flags>(*command, config::command_kind::primary);
  chosen.settings[command] = [flags] {
    auto options = config::primary_options_of(flags->load(config::command_kind::primary));
    const auto* errors = std::get_if<std::vector<config::config_error>>(&options);
    return errors != nullptr ? *errors : std::vector<config::config_error>{};
  };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_primary(*flags); }; });
}

} // namespace sluice::tools
