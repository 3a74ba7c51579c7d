#include "tools/command.hpp"
#include "tools/config_flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace sluice::tools {

namespace {

struct show_flags {
  config::command_kind kind = config::command_kind::primary;
  bool as_json = false;
  std::shared_ptr<config_flags> values;
};

config::command_kind kind_of(const std::string& name) {
  using enum config::command_kind;
  static const std::map<std::string, config::command_kind> kinds{
      {"primary", primary}, {"replica", replica}, {"append", append}, {"read", read},
      {"status", status},   {"promote", promote}, {"client", client}};
  return kinds.at(name);
}

void print(const config::resolved_options& values) {
  for (const auto& [key, value] : values)
    std::printf("%-18s %-20s (%s)\n", key.c_str(), value.text.c_str(), value.source.c_str());
}

void print_json(const config::resolved_options& values) {
  nlohmann::ordered_json object;
  for (const auto& [key, value] : values)
    object[key] = {{"value", value.text}, {"source", value.source}};
  std::printf("%s\n", object.dump().c_str());
}

exit_status run_show(const show_flags& flags) {
  auto loaded = flags.values->load(flags.kind);
  if (!loaded.errors.empty())
    return complain(loaded.errors);
  const auto& values = loaded.values;
  if (flags.as_json)
    print_json(values);
  else
    print(values);
  return exit_status::done;
}

} // namespace

void add_config_command(CLI::App& parent, chosen_command& chosen) {
  auto* group = add_command(parent, "config", "Options and where they come from");
  group->require_subcommand(1);
  auto flags = std::make_shared<show_flags>();
  auto* command = add_command(*group, "show", "Print each option, its value and its source");
  command->footer("The command line wins over SLUICE_... variables, these over the file.\n"
                  "Example: sluice config show --config sluice.ini --for replica");
  add_choice(*command, chosen.faults, "--for",
             "whose options; status stands for every command with --of, client for every one "
             "that talks to a node [primary]",
             {"primary", "replica", "append", "read", "status", "client"},
             [flags = flags.get()](const std::string& x) { flags->kind = kind_of(x); });
  command->add_flag("--json", flags->as_json, "one JSON object");
  flags->values = std::make_shared<config_flags>(*command);
  chosen.settings[command] = [flags] { return flags->values->load(flags->kind).errors; };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_show(*flags); }; });
}

} // namespace sluice::tools
