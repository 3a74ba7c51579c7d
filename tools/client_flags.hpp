#pragma once

#include "tools/config_flags.hpp"

#include <sluice/commit_policy.hpp>
#include <sluice/node_config.hpp>

#include <caf/expected.hpp>

#include <chrono>
#include <optional>
#include <vector>

namespace sluice::tools {

/// What every client is told.
struct client_settings {
  std::chrono::milliseconds timeout{5000};
  std::size_t in_flight = 256;
  /// As of `--to`, `--from` or `--of`; empty when none was given and none is needed.
  std::vector<node_endpoint> nodes;
  /// Whether the address stands on the command line itself.
  bool is_addressed_here = false;
  std::optional<commit_policy> policy;
  bool follow = true;
};

/// The flags of commands that talk to a node; they may come from file and environment, too.
class client_flags {
public:
  /// @param kind append, read or status
  client_flags(CLI::App& command, config::command_kind kind);

  /// The settings; without an address unless `needs_node`. @returns `errc::invalid_argument` with
  /// everything that is wrong
  caf::expected<client_settings> read(bool needs_node = true) const;

  /// Everything that is wrong with them.
  std::vector<config::config_error> faults(bool needs_node = true) const;

private:
  std::vector<config::config_error> read_into(client_settings& settings, bool needs_node) const;

  config_flags flags_;
  config::command_kind kind_;
};

} // namespace sluice::tools
