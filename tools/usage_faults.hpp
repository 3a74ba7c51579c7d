#pragma once

#include "config/source.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sluice::tools {

/// What is wrong with the options of a command line, gathered while it is read: all of it is
/// told at once, together with what is wrong in the environment and in files.
class usage_faults {
public:
  /// @param option as it is written, with its dashes
  void refuse(const std::string& option, std::string reason) {
    errors_.push_back({option.substr(option.find_first_not_of('-')),
                       std::string{config::source_command_line}, std::move(reason)});
  }

  const std::vector<config::config_error>& errors() const { return errors_; }

private:
  std::vector<config::config_error> errors_;
};

} // namespace sluice::tools
