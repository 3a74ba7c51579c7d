#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"
#include "tools/status_text.hpp"

#include <sluice/client.hpp>

#include <CLI/CLI.hpp>

#include <memory>

#include <unistd.h>

namespace sluice::tools {

namespace {

struct slots_flags {
  std::string id;
  bool as_json = false;
  std::shared_ptr<client_flags> shared;
};

exit_status run_list(const slots_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  actor_host host;
  auto status = status_of(host.system(), settings->nodes.front(), settings->timeout);
  if (!status)
    return complain(status.error());
  if (status->role != "primary")
    return complain(make_error(errc::not_primary, status->name + " is a replica: ask its primary"));
  if (!status->prune_trouble.empty())
    static_cast<void>(complain(exit_status::done, status->prune_trouble));
  line_writer out{STDOUT_FILENO};
  out.add(flags.as_json ? slots_json(*status) + "\n" : slots_table(*status));
  out.flush();
  return complain_of_output(out);
}

exit_status run_change(const slots_flags& flags, slot_change what) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  if (!is_valid_name(flags.id))
    return complain(make_error(errc::invalid_argument,
                               "'" + flags.id + "' is no id: use [A-Za-z0-9._-]{1,64}"));
  actor_host host;
  auto err = change_slot(host.system(), settings->nodes.front(), what, flags.id, settings->timeout);
  return err ? complain(err) : exit_status::done;
}

void add_change(CLI::App& parent, chosen_command& chosen, const std::string& name,
                const std::string& description, slot_change what) {
  auto flags = std::make_shared<slots_flags>();
  auto* command = add_command(parent, name, description);
  command->add_option("ID", flags->id, "the replica's id")->required();
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::status);
  command->callback(
      [flags, what, &chosen] { chosen.run = [flags, what] { return run_change(*flags, what); }; });
}

} // namespace

void add_slots_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "slots", "List, create, drop and reset slots");
  command->require_subcommand(1);
  command->footer("Example: sluice slots list --of 127.0.0.1:4150 --json");
  auto flags = std::make_shared<slots_flags>();
  auto* list = add_command(*command, "list", "List every slot and how long it may go on");
  list->add_flag("--json", flags->as_json, "one JSON object");
  flags->shared = std::make_shared<client_flags>(*list, config::command_kind::status);
  list->callback([flags, &chosen] { chosen.run = [flags] { return run_list(*flags); }; });
  add_change(*command, chosen, "create", "Keep the log for a replica that is to come",
             slot_change::create);
  add_change(*command, chosen, "drop", "Forget a slot: what it holds back may be pruned",
             slot_change::drop);
  add_change(*command, chosen, "reset", "Make a slot valid again, at the oldest LSN",
             slot_change::reset);
}

void add_detach_command(CLI::App& parent, chosen_command& chosen) {
  add_change(parent, chosen, "detach", "Forget a replica; its slot stays until it is dropped",
             slot_change::detach_replica);
}

} // namespace sluice::tools
