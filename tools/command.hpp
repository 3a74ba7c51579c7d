#pragma once

#include "tools/exit_status.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace sluice::tools {

/// What main runs once the command line is understood. A command puts itself here while it
/// is parsed.
struct chosen_command {
  std::function<exit_status()> run;
};

/// A sub-command with the flags that every level has.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description);

/// Refuses what is no whole number of 64 bits, with the reason: the parser itself takes one
/// that is too large as the largest.
CLI::Option* take_number(CLI::Option* option);

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
void add_verify_command(CLI::App& parent, chosen_command& chosen);
void add_import_command(CLI::App& parent, chosen_command& chosen);
void add_export_command(CLI::App& parent, chosen_command& chosen);
void add_bench_command(CLI::App& parent, chosen_command& chosen);
void add_demo_command(CLI::App& parent, chosen_command& chosen);
void add_policy_command(CLI::App& parent, chosen_command& chosen);
void add_config_command(CLI::App& parent, chosen_command& chosen);

} // namespace sluice::tools
