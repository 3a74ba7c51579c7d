#pragma once

#include "tools/checked_options.hpp"
#include "tools/exit_status.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice::tools {

/// What main runs once the command line is understood. A command puts itself here while it
/// is parsed.
struct chosen_command {
  using settings_check = std::function<std::vector<config::config_error>()>;

  std::function<exit_status()> run;
  /// Of options that stand on the command line only.
  usage_faults faults;
  /// What is wrong with the options of each command that may stand elsewhere too.
  std::map<const CLI::App*, settings_check> settings;

  std::vector<config::config_error> faults_of_settings(const CLI::App& command) const;
};

/// A sub-command with the flags that every level has.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description);

/// `sluice 0.1.0`
std::string version_text();

// One of these a file. Each adds its command to `parent`; what it parses into lives as long
// as the command line.
void add_primary_command(CLI::App& parent, chosen_command& chosen);
void add_replica_command(CLI::App& parent, chosen_command& chosen);
void add_append_command(CLI::App& parent, chosen_command& chosen);
void add_read_command(CLI::App& parent, chosen_command& chosen);
void add_status_command(CLI::App& parent, chosen_command& chosen);
void add_topology_command(CLI::App& parent, chosen_command& chosen);
void add_slots_command(CLI::App& parent, chosen_command& chosen);
void add_detach_command(CLI::App& parent, chosen_command& chosen);
void add_inspect_command(CLI::App& parent, chosen_command& chosen);
void add_diverged_command(CLI::App& parent, chosen_command& chosen);
void add_verify_command(CLI::App& parent, chosen_command& chosen);
void add_import_command(CLI::App& parent, chosen_command& chosen);
void add_export_command(CLI::App& parent, chosen_command& chosen);
void add_bench_command(CLI::App& parent, chosen_command& chosen);
void add_demo_command(CLI::App& parent, chosen_command& chosen);
void add_policy_command(CLI::App& parent, chosen_command& chosen);
void add_promote_command(CLI::App& parent, chosen_command& chosen);
void add_switchover_command(CLI::App& parent, chosen_command& chosen);
void add_kv_command(CLI::App& parent, chosen_command& chosen);
void add_config_command(CLI::App& parent, chosen_command& chosen);

} // namespace sluice::tools
