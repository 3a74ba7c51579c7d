#include "tools/command.hpp"

#include "config/units.hpp"

#include <sluice/errc.hpp>

#include <CLI/CLI.hpp>

namespace sluice::tools {

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description) {
  auto* command = parent.add_subcommand(name, description);
  command->set_version_flag("--version", version_text());
  return command;
}

CLI::Option* take_number(CLI::Option* option) {
  auto reason = [](const std::string& text) {
    auto number = config::parse_count(text);
    return number ? std::string{} : context_of(number.error());
  };
  return option->check(reason, "");
}

std::string version_text() {
  return "sluice " SLUICE_VERSION;
}

} // namespace sluice::tools
