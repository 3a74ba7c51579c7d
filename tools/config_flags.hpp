#pragma once

#include "config/source.hpp"
#include "tools/exit_status.hpp"

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace sluice::tools {

/// The options of a command that may also stand in the environment or in a file: each
/// becomes a flag of the command line, and is read from the strongest source.
class config_flags {
public:
  /// Adds `--config` and a flag for each key that the command takes.
  config_flags(CLI::App& command, config::command_kind kind);

  /// As above, for every key there is.
  explicit config_flags(CLI::App& command);

  /// The options, or everything that is wrong with them, as of `config::load`.
  config::load_result load(config::command_kind kind) const;

private:
  struct flag {
    std::string_view key;
    CLI::Option* option = nullptr;
    std::string text;
    bool is_set = false;
  };

  void add(CLI::App& command, config::command_kind kind,
           const std::function<bool(const config::option_key&)>& is_wanted);

  std::deque<flag> flags_;
  std::string file_;
};

/// Says everything that is wrong, one a line.
exit_status complain(const std::vector<config::config_error>& errors);

/// The environment as `config::config_sources` wants it.
std::map<std::string, std::string> environment();

} // namespace sluice::tools
