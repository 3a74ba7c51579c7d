#include "tools/checked_options.hpp"

#include "config/units.hpp"

#include <sluice/errc.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sluice::tools {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

std::string told(number_range range) {
  if (range.most == UINT64_MAX)
    return "must be at least " + std::to_string(range.least);
  return "must be between " + std::to_string(range.least) + " and " + std::to_string(range.most);
}

} // namespace

CLI::Option* add_checked(CLI::App& command, usage_faults& faults, const std::string& name,
                         const std::string& help,
                         std::function<std::optional<std::string>(const std::string&)> take) {
  auto use = [&faults, name, take = std::move(take)](const std::string& text) {
    if (auto reason = take(text))
      faults.refuse(name, std::move(*reason));
  };
  return command.add_option_function<std::string>(name, use, help);
}

CLI::Option* add_number(CLI::App& command, usage_faults& faults, const std::string& name,
                        const std::string& help, number_range range,
                        std::function<void(std::uint64_t)> set) {
  auto take = [range, set = std::move(set)](const std::string& text) -> std::optional<std::string> {
    auto number = config::parse_count(text);
    if (!number)
      return context_of(number.error());
    if (*number < range.least || *number > range.most)
      return told(range);
    set(*number);
    return std::nullopt;
  };
  return add_checked(command, faults, name, help, std::move(take))->type_name("N");
}

CLI::Option* add_size(CLI::App& command, usage_faults& faults, const std::string& name,
                      const std::string& help, std::function<void(std::uint64_t)> set) {
  auto take = [set = std::move(set)](const std::string& text) -> std::optional<std::string> {
    auto size = config::parse_size(text);
    if (!size)
      return context_of(size.error());
    set(*size);
    return std::nullopt;
  };
  return add_checked(command, faults, name, help, std::move(take))->type_name("SIZE");
}

CLI::Option* add_duration(CLI::App& command, usage_faults& faults, const std::string& name,
                          const std::string& help,
                          std::function<void(std::chrono::milliseconds)> set) {
  auto take = [set = std::move(set)](const std::string& text) -> std::optional<std::string> {
    auto duration = config::parse_duration(text);
    if (!duration)
      return context_of(duration.error());
    set(*duration);
    return std::nullopt;
  };
  return add_checked(command, faults, name, help, std::move(take))->type_name("DURATION");
}

CLI::Option* add_choice(CLI::App& command, usage_faults& faults, const std::string& name,
                        const std::string& help, std::vector<std::string> choices,
                        std::function<void(const std::string&)> set) {
  auto type = joined(choices);
  auto take = [choices = std::move(choices), type,
               set = std::move(set)](const std::string& text) -> std::optional<std::string> {
    if (std::find(choices.begin(), choices.end(), text) == choices.end())
      return "'" + text + "' is not " + type;
    set(text);
    return std::nullopt;
  };
  return add_checked(command, faults, name, help, std::move(take))->type_name(type);
}

} // namespace sluice::tools
