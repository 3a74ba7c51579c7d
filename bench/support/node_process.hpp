#pragma once

#include "bench/support/child_process.hpp"

#include <sluice/node_config.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::bench {

/// An actor system that can hold nodes.
class node_host {
public:
  node_host();
  caf::actor_system& system() { return system_; }

private:
  struct prepared_config : caf::actor_system_config {
    prepared_config();
  };
  prepared_config config_;
  caf::actor_system system_{config_};
};

/// A primary with the settings that all benchmarks share, on a free port.
primary_config primary_at(const std::filesystem::path& data, const std::string& policy,
                          std::vector<std::string> members = {});

/// A node in a process of its own: this program, run again.
class node_process {
public:
  static std::unique_ptr<node_process> primary(const std::filesystem::path& data);
  static std::unique_ptr<node_process> replica(const std::filesystem::path& data,
                                               const std::string& name, std::uint16_t primary_port);

  /// One whose state is a `file_state`.
  static std::unique_ptr<node_process> replica_with_state(const std::filesystem::path& data,
                                                          const std::string& name,
                                                          std::uint16_t primary_port);

  std::uint16_t port() const { return port_; }
  /// How long the node took to open, in milliseconds.
  double open_ms() const { return open_ms_; }
  child_process& process() { return process_; }

private:
  explicit node_process(const std::vector<std::string>& arguments);

  child_process process_;
  std::uint16_t port_ = 0;
  double open_ms_ = 0;
};

/// What this program does when it was started as a node or a client: `arguments` are those
/// behind its name. False when it was not.
bool run_as_child(const std::vector<std::string>& arguments);

} // namespace sluice::bench
