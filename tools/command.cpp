#include "tools/command.hpp"

#include <CLI/CLI.hpp>

namespace sluice::tools {

std::vector<config::config_error>
chosen_command::faults_of_settings(const CLI::App& command) const {
  auto check = settings.find(&command);
  return check == settings.end() ? std::vector<config::config_error>{} : check->second();
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description) {
  auto* command = parent.add_subcommand(name, description);
  command->set_version_flag("--version", version_text());
  return command;
}

std::string version_text() {
  return "sluice " SLUICE_VERSION;
}

} // namespace sluice::tools
