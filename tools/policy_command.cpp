#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"

#include <sluice/client.hpp>

#include <CLI/CLI.hpp>

namespace sluice::tools {

namespace {

struct policy_flags {
  commit_policy policy;
  std::shared_ptr<client_flags> shared;
};

std::optional<std::string> take_policy(policy_flags& flags, const std::string& text) {
  auto policy = parse_policy(text);
  if (!policy)
    return context_of(policy.error());
  flags.policy = std::move(*policy);
  return std::nullopt;
}

exit_status run_policy_set(const policy_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  actor_host host;
  if (auto err =
          set_policy(host.system(), settings->nodes.front(), flags.policy, settings->timeout))
    return complain(err);
  return exit_status::done;
}

} // namespace

void add_policy_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "policy", "Change the default commit policy");
  command->require_subcommand(1);
  auto* set = add_command(*command, "set", "Set what appends get at least, on a running primary");
  set->footer("Applies to appends that arrive afterwards and outlives a restart without "
              "--policy.\nExample: sluice policy set quorum --of 127.0.0.1:4150");
  auto flags = std::make_shared<policy_flags>();
  add_checked(*set, chosen.faults, "POLICY", "local, ack_n=N, quorum or regions=a,b",
              [flags = flags.get()](const std::string& x) { return take_policy(*flags, x); })
      ->required();
  flags->shared = std::make_shared<client_flags>(*set, config::command_kind::status);
  chosen.settings[set] = [flags] { return flags->shared->faults(); };
  set->callback([flags, &chosen] { chosen.run = [flags] { return run_policy_set(*flags); }; });
}

} // namespace sluice::tools
