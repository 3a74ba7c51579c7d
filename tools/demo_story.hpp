#pragma once

#include "tools/demo_appender.hpp"
#include "tools/exit_status.hpp"
#include "tools/node_process.hpp"
#include "tools/stop_signal.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace sluice::tools {

/// A primary and two replicas in three processes, of which one after the other is killed
/// while records are appended; then a replica takes over, and the old primary comes back; then
/// everything is compared.
class demo_story {
public:
  demo_story(caf::actor_system& system, stop_signal& signal, std::filesystem::path place);

  /// Tells on stdout what it does and sees. @returns an error when anything did not hold
  caf::error tell(const demo_corpus& corpus);

private:
  caf::error start_nodes();
  caf::error start_node(const std::string& name, std::vector<std::string> arguments);
  caf::error append(demo_appender& appender);
  caf::error wait_for(demo_appender& appender, std::uint64_t records);
  caf::error kill_replica(demo_appender& appender);
  caf::error restart_replica(demo_appender& appender);
  caf::error kill_primary(demo_appender& appender);
  caf::error take_over(demo_appender& appender);
  caf::error strand_tail();
  caf::error promote_replica();
  caf::error bring_back();
  caf::error wait_replica(const std::string& name);
  caf::error wait_caught_up(const std::string& name);
  caf::error show_status();
  caf::error check_interrupted();
  caf::error compare(const demo_appender& appender);
  caf::error compare_with(const std::string& name);
  static caf::error unexpected(std::string text);
  void say(const std::string& text);
  void show_progress(std::uint64_t committed);

  caf::actor_system& system_;
  stop_signal& signal_;
  std::filesystem::path place_;
  std::map<std::string, node_process> nodes_;
  std::string primary_ = "p1";
  const demo_corpus* corpus_ = nullptr;
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point next_progress_;
};

} // namespace sluice::tools
