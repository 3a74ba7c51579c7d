#pragma once

#include "tools/config_flags.hpp"

#include <sluice/node_config.hpp>

#include <caf/expected.hpp>

#include <chrono>

namespace sluice::tools {

/// What every client is told.
struct client_settings {
  std::chrono::milliseconds timeout{5000};
  std::size_t in_flight = 256;
};

/// The flags of commands that talk to a node; they may come from file and environment, too.
class client_flags {
public:
  explicit client_flags(CLI::App& command);

  /// The settings. @returns `errc::invalid_argument` with everything that is wrong
  caf::expected<client_settings> read() const;

private:
  config_flags flags_;
};

/// Reads `HOST:PORT,...` of the option `name`.
caf::expected<std::vector<node_endpoint>> endpoints_of(const std::string& name,
                                                       const std::string& text);

/// Reads `HOST:PORT` of the option `name`.
caf::expected<node_endpoint> endpoint_of(const std::string& name, const std::string& text);

} // namespace sluice::tools
