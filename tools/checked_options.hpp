#pragma once

#include "tools/usage_faults.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

/// Options whose values are checked without ending the reading of the command line: what is
/// wrong goes to the faults, and the value that was there before stays.
namespace sluice::tools {

struct number_range {
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
};

/// @param take uses the text, or says why it does not
CLI::Option* add_checked(CLI::App& command, usage_faults& faults, const std::string& name,
                         const std::string& help,
                         std::function<std::optional<std::string>(const std::string&)> take);

/// A whole number in `range`.
CLI::Option* add_number(CLI::App& command, usage_faults& faults, const std::string& name,
                        const std::string& help, number_range range,
                        std::function<void(std::uint64_t)> set);

/// `64K`, `16M`
CLI::Option* add_size(CLI::App& command, usage_faults& faults, const std::string& name,
                      const std::string& help, std::function<void(std::uint64_t)> set);

/// `500ms`, `2m`
CLI::Option* add_duration(CLI::App& command, usage_faults& faults, const std::string& name,
                          const std::string& help,
                          std::function<void(std::chrono::milliseconds)> set);

/// One of `choices`.
CLI::Option* add_choice(CLI::App& command, usage_faults& faults, const std::string& name,
                        const std::string& help, std::vector<std::string> choices,
                        std::function<void(const std::string&)> set);

} // namespace sluice::tools
