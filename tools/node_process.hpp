#pragma once

#include "tools/child_process.hpp"

#include <sluice/node_config.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools {

/// The `name=value` words of a node's ready line; empty of any other line.
std::map<std::string, std::string> parse_ready(std::string_view line);

/// How a node of this program is started as a process of its own.
struct node_process_start {
  std::filesystem::path program;
  /// `primary` or `replica` and its options, without --listen.
  std::vector<std::string> arguments;
  node_endpoint listen{"127.0.0.1", 0};
  /// Where its log goes.
  std::filesystem::path log;
};

/// A node that runs as a child, ready to serve. Killed with this object.
class node_process {
public:
  /// Starts it and waits until it is ready.
  /// @returns `errc::timed_out`, or `errc::closed` when it ended instead
  static caf::expected<node_process> start(const node_process_start& what);

  /// SIGKILL, and waits for the end.
  void kill() { process_.kill(); }

  /// The same again, at the same address, on the same directory. It must have ended.
  caf::error restart();

  /// SIGTERM, and waits. @returns an error when it does not end, or not well
  caf::error stop();

  child_process& process() { return process_; }
  const node_endpoint& listening() const { return start_.listen; }
  const std::string& ready() const { return ready_; }

  /// From the start to the ready line.
  std::chrono::nanoseconds start_took() const { return start_took_; }

private:
  node_process(node_process_start start, child_process process)
      : start_(std::move(start)), process_(std::move(process)) {}

  caf::error wait_ready(std::chrono::steady_clock::time_point began);

  node_process_start start_;
  child_process process_;
  std::string ready_;
  std::chrono::nanoseconds start_took_{0};
};

} // namespace sluice::tools
