#include "tools/command.hpp"

#include <CLI/CLI.hpp>

namespace sluice::tools {

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description) {
  auto* command = parent.add_subcommand(name, description);
  command->set_version_flag("--version", version_text());
  return command;
}

std::string version_text() {
  return "sluice " SLUICE_VERSION;
}

} // namespace sluice::tools
