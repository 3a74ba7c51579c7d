#include "tools/actor_host.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"

#include "config/endpoint.hpp"

#include <sluice/switchover.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <optional>

#include <unistd.h>

namespace sluice::tools {

namespace {

struct switchover_flags {
  switchover_request request;
};

void say(const std::string& what) {
  std::fputs(("switchover: " + what + "\n").c_str(), stderr);
}

exit_status run_switchover(switchover_flags& flags) {
  flags.request.progress = say;
  actor_host host;
  auto done = switch_over(host.system(), flags.request);
  if (!done)
    return complain(done.error());
  line_writer out{STDOUT_FILENO};
  out.add("primary=" + done->primary + " endpoint=" + to_string(done->endpoint)
          + " term=" + to_string(done->term) + " fork_lsn=" + to_string(done->fork)
          + " paused_ms=" + std::to_string(done->paused.count()) + "\n");
  out.flush();
  return complain_of_output(out);
}

CLI::Option* add_endpoint(CLI::App& command, usage_faults& faults, const std::string& name,
                          const std::string& help, node_endpoint& into) {
  return add_checked(command, faults, name, help,
                     [&into](const std::string& text) -> std::optional<std::string> {
                       auto parsed = config::parse_endpoint(text);
                       if (!parsed || parsed->port == 0)
                         return "'" + text + "' is no address of a node: use HOST:PORT";
                       into = {parsed->host, parsed->port};
                       return std::nullopt;
                     })
      ->type_name("HOST:PORT");
}

} // namespace

void add_switchover_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "switchover", "Move the primary to a replica, as planned");
  command->footer(
      "Waits until the replica has nearly everything, then pauses writers, until it has all, and "
      "makes it\nthe primary of a new term; the old primary goes on as its replica. Nothing is "
      "lost, and writers wait\ninstead of being refused, mostly for less than half a second. "
      "Prints one line with the new primary,\nits term, the LSN up to which it shares the "
      "history, and how long writers were paused.\nRefused (exit 5): wrong_cluster, not_primary, "
      "wrong_role for a node that is no declared member,\nbehind_watermark for one that does not "
      "catch up within --timeout; nothing is changed then. Exit 1:\nit broke off; the message "
      "says who is the primary and what to do. When the primary is dead, use\nsluice promote.\n"
      "Example: sluice switchover --from 127.0.0.1:4150 --to 127.0.0.1:4151");
  auto flags = std::make_shared<switchover_flags>();
  auto& request = flags->request;
  add_endpoint(*command, chosen.faults, "--from", "the primary", request.from)->required();
  add_endpoint(*command, chosen.faults, "--to", "the replica that is to be the primary", request.to)
      ->required();
  add_duration(*command, chosen.faults, "--timeout",
               "how long to wait for the replica, and for it to serve [30s]",
               [flags = flags.get()](std::chrono::milliseconds x) { flags->request.within = x; });
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_switchover(*flags); }; });
}

} // namespace sluice::tools
