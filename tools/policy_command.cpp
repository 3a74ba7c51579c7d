#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"

#include <sluice/client.hpp>

#include <CLI/CLI.hpp>

namespace sluice::tools {

namespace {

struct policy_flags {
  std::string policy;
  std::shared_ptr<client_flags> shared;
};

exit_status run_policy_set(const policy_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  auto policy = parse_policy(flags.policy);
  if (!policy)
    return complain(policy.error());
  actor_host host;
  if (auto err = set_policy(host.system(), settings->nodes.front(), *policy, settings->timeout))
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
  set->add_option("POLICY", flags->policy, "local, ack_n=N, quorum or regions=a,b")->required();
  flags->shared = std::make_shared<client_flags>(*set, config::command_kind::status);
  set->callback([flags, &chosen] { chosen.run = [flags] { return run_policy_set(*flags); }; });
}

} // namespace sluice::tools
