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
  slot_limit_overrides limits;
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
  actor_host host;
  if (auto err = change_slot(host.system(), settings->nodes.front(), what, flags.id,
                             settings->timeout, flags.limits))
    return complain(err);
  if (!flags.as_json)
    return exit_status::done;
  line_writer out{STDOUT_FILENO};
  out.add("{\"id\":\"" + flags.id + "\"}\n");
  out.flush();
  return complain_of_output(out);
}

std::optional<std::string> take_id(slots_flags& flags, const std::string& text) {
  if (!is_valid_name(text))
    return "'" + text + "' is no id: use [A-Za-z0-9._-]{1,64}";
  flags.id = text;
  return std::nullopt;
}

void add_limits(CLI::App& command, usage_faults& faults, slot_limit_overrides& limits) {
  add_size(command, faults, "--max-bytes",
           "log that it may hold back; 0: any [the node's --slot-max-bytes]",
           [&](std::uint64_t x) { limits.pinned_bytes_max = x; });
  add_number(command, faults, "--max-records", "records that it may hold back; 0: any [any]", {},
             [&](std::uint64_t x) { limits.pinned_records_max = x; });
  add_duration(command, faults, "--idle-timeout",
               "how long its replica may be away; 0: for ever; not held against a declared "
               "member [the node's --slot-idle-timeout]",
               [&](std::chrono::milliseconds x) { limits.idle_timeout = x; });
}

/// @returns the command, for options of its own
CLI::App& add_change(CLI::App& parent, chosen_command& chosen, const std::string& name,
                     const std::string& description, slot_change what,
                     const std::shared_ptr<slots_flags>& flags = std::make_shared<slots_flags>()) {
  auto* command = add_command(parent, name, description);
  add_checked(*command, chosen.faults, "ID", "the replica's id, as of its --name",
              [flags = flags.get()](const std::string& x) { return take_id(*flags, x); })
      ->required();
  command->add_flag("--json", flags->as_json, "print one JSON object when it is done");
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::status);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback(
      [flags, what, &chosen] { chosen.run = [flags, what] { return run_change(*flags, what); }; });
  return *command;
}

void add_list(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<slots_flags>();
  auto* list = add_command(parent, "list", "List every slot and how long it may go on");
  list->footer("Example: sluice slots list --of 127.0.0.1:4150 --json");
  list->add_flag("--json", flags->as_json, "one JSON object");
  flags->shared = std::make_shared<client_flags>(*list, config::command_kind::status);
  chosen.settings[list] = [flags] { return flags->shared->faults(); };
  list->callback([flags, &chosen] { chosen.run = [flags] { return run_list(*flags); }; });
}

} // namespace

void add_slots_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "slots", "List, create, drop and reset slots of a primary");
  command->require_subcommand(1);
  command->footer("A slot keeps for one replica what it has not made durable yet.\n"
                  "Example: sluice slots list --of 127.0.0.1:4150 --json");
  add_list(*command, chosen);
  auto flags = std::make_shared<slots_flags>();
  auto& create = add_change(*command, chosen, "create",
                            "Keep the log for a replica that is to come, from the oldest record on",
                            slot_change::create, flags);
  create.footer("Exits 1 when there is one of that id. Limits stay with it until it is dropped.\n"
                "Example: sluice slots create r3 --max-bytes 20G --of 127.0.0.1:4150");
  add_limits(create, chosen.faults, flags->limits);
  add_change(*command, chosen, "drop",
             "Forget a slot: what it holds back may be pruned; stop its replica first",
             slot_change::drop)
      .footer("Example: sluice slots drop r3 --of 127.0.0.1:4150");
  add_change(*command, chosen, "reset", "Make a slot valid again, at the oldest LSN",
             slot_change::reset)
      .footer("Example: sluice slots reset r3 --of 127.0.0.1:4150");
}

void add_detach_command(CLI::App& parent, chosen_command& chosen) {
  add_change(parent, chosen, "detach", "Forget a replica; its slot stays until it is dropped",
             slot_change::detach_replica)
      .footer("Example: sluice detach r3 --of 127.0.0.1:4150");
}

} // namespace sluice::tools
