#include "tools/config_flags.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace sluice::tools {

namespace {

std::string help_of(const config::option_key& key, config::command_kind kind) {
  std::string text{key.help};
  if (key.has_default(kind) && key.kind != config::value_kind::flag)
    text += " [" + std::string{key.default_text} + "]";
  return text;
}

const char* type_of(config::value_kind kind) {
  using enum config::value_kind;
  switch (kind) {
  case path: return "PATH";
  case name: return "ID";
  case names: return "ID,ID,...";
  case duration: return "DURATION";
  case size: return "SIZE";
  case count: return "N";
  case endpoint: return "HOST:PORT";
  case endpoints: return "HOST:PORT,...";
  case policy: return "POLICY";
  case log_level: return "LEVEL";
  case text:
  case flag: return "TEXT";
  }
  return "TEXT";
}

} // namespace

config_flags::config_flags(CLI::App& command, config::command_kind kind) {
  add(command, kind, [kind](const config::option_key& key) { return key.applies_to(kind); });
}

config_flags::config_flags(CLI::App& command) {
  add(command, config::command_kind::primary, [](const config::option_key&) { return true; });
}

void config_flags::add(CLI::App& command, config::command_kind kind,
                       const std::function<bool(const config::option_key&)>& is_wanted) {
  command
      .add_option("--config", file_,
                  "file with a section [sluice] of options; the "
                  "environment (SLUICE_...) and the command line win")
      ->type_name("FILE");
  for (const auto& key : config::option_keys()) {
    if (!is_wanted(key))
      continue;
    auto& entry = flags_.emplace_back();
    entry.key = key.name;
    auto name = "--" + std::string{key.name};
    if (key.kind == config::value_kind::flag)
      entry.option = command.add_flag(name, entry.is_set, help_of(key, kind));
    else
      entry.option =
          command.add_option(name, entry.text, help_of(key, kind))->type_name(type_of(key.kind));
  }
}

config::load_result config_flags::load(config::command_kind kind) const {
  config::config_sources sources;
  sources.environment = environment();
  for (const auto& entry : flags_)
    if (entry.option->count() > 0)
      sources.command_line.emplace(entry.key, entry.option->get_expected_min() > 0 ? entry.text
                                              : entry.is_set                       ? "true"
                                                                                   : "false");
  if (!file_.empty()) {
    auto file = config::read_config_file(file_);
    if (!file)
      return {{}, {{"config", "command line", context_of(file.error())}}};
    sources.file = std::move(*file);
  }
  return config::load(kind, sources);
}

exit_status complain(const std::vector<config::config_error>& errors) {
  for (const auto& error : errors)
    complain(exit_status::bad_usage, to_string(error));
  return exit_status::bad_usage;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    if (auto equals = text.find('='); equals != std::string_view::npos)
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

} // namespace sluice::tools
