#include "config/source.hpp"

#include "config/units.hpp"

#include <sluice/errc.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/config_value.hpp>
#include <caf/settings.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sluice::config {

namespace {

constexpr std::string_view variable_prefix = "SLUICE_";
constexpr std::string_view test_prefix = "SLUICE_TEST_";
constexpr std::string_view section = "sluice";

/// Takes layer by layer, the weakest first.
class layers {
public:
  explicit layers(command_kind command) : command_(command) {
    for (const auto& key : option_keys())
      if (key.applies_to(command) && key.has_default(command))
        set(key, std::string{key.default_text}, std::string{source_default});
  }

  void refuse(std::string key, const std::string& source, std::string reason) {
    errors_.push_back({std::move(key), source, std::move(reason)});
  }

  /// @param shared whether other commands read the same source
  void take(const std::string& name, const std::string& text, const std::string& source,
            bool shared) {
    const auto* key = find_key(name);
    if (key == nullptr || (!shared && !key->applies_to(command_)))
      return refuse(name, source, "unknown key");
    if (auto reason = check_value(*key, text))
      return refuse(name, source, *reason);
    if (key->applies_to(command_))
      set(*key, text, source);
  }

  load_result finish() && { return {std::move(values_), std::move(errors_)}; }

private:
  void set(const option_key& key, std::string text, std::string source) {
    values_.insert_or_assign(std::string{key.name},
                             resolved_value{std::move(text), std::move(source)});
  }

  command_kind command_;
  resolved_options values_;
  std::vector<config_error> errors_;
};

/// A file's value as text; none for kinds that no option has.
std::optional<std::string> text_of(const caf::config_value& value) {
  if (const auto* text = caf::get_if<std::string>(&value))
    return *text;
  if (const auto* flag = caf::get_if<bool>(&value))
    return *flag ? "true" : "false";
  if (const auto* number = caf::get_if<caf::config_value::integer>(&value))
    return std::to_string(*number);
  if (const auto* span = caf::get_if<caf::timespan>(&value)) {
    auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(*span);
    if (whole == *span && whole.count() >= 0)
      return format_duration(whole);
  }
  return std::nullopt;
}

void take_section(const caf::settings& values, const std::string& path, layers& result) {
  for (const auto& [name, value] : values) {
    if (auto text = text_of(value))
      result.take(name, *text, path, true);
    else
      result.refuse(name, path, "not a value of any option; quote texts and sizes");
  }
}

void take_file(const config_file& file, layers& result) {
  std::istringstream input{file.text + "\n"};
  auto parsed = caf::actor_system_config::parse_config(input);
  if (!parsed)
    return result.refuse("", file.path,
                         "not readable: " + caf::to_string(parsed.error())
                             + "; quote texts and sizes, comment with ';'");
  for (const auto& [name, value] : *parsed) {
    const auto* values = caf::get_if<caf::settings>(&value);
    if (name != section)
      result.refuse(name, file.path,
                    values != nullptr ? "unknown section; only [sluice] is read"
                                      : "stands outside of [sluice]");
    else if (values == nullptr)
      result.refuse(name, file.path, "is the name of the section, not a key");
    else
      take_section(*values, file.path, result);
  }
}

void take_environment(const std::map<std::string, std::string>& environment, layers& result) {
  std::map<std::string, std::string> names;
  for (const auto& key : option_keys())
    names.emplace(variable_of(key.name), key.name);
  for (const auto& [variable, text] : environment) {
    if (!variable.starts_with(variable_prefix) || variable.starts_with(test_prefix))
      continue;
    auto name = names.find(variable);
    if (name == names.end())
      result.refuse(variable, variable, "no option has this variable");
    else
      result.take(name->second, text, variable, true);
  }
}

} // namespace

std::string to_string(const config_error& x) {
  auto text = x.key.empty() ? x.source : x.key + " (" + x.source + ")";
  return text + ": " + x.reason;
}

caf::expected<config_file> read_config_file(const std::string& path) {
  std::ifstream input{path};
  std::ostringstream text;
  // Of an empty file nothing can be put out.
  if (input.is_open() && input.peek() != std::ifstream::traits_type::eof())
    text << input.rdbuf();
  if (!input.is_open() || input.bad() || !text)
    return make_error(errc::io_error, "config file " + path + ": " + std::strerror(errno));
  return config_file{path, text.str()};
}

std::vector<config_error> all_errors(const load_result& loaded, std::vector<config_error> found) {
  auto is_known = [&](const config_error& x) {
    return std::any_of(loaded.errors.begin(), loaded.errors.end(),
                       [&](const config_error& y) { return x.key == y.key; });
  };
  std::erase_if(found, is_known);
  found.insert(found.begin(), loaded.errors.begin(), loaded.errors.end());
  return found;
}

load_result load(command_kind command, const config_sources& sources) {
  layers result{command};
  if (sources.file)
    take_file(*sources.file, result);
  take_environment(sources.environment, result);
  for (const auto& [name, text] : sources.command_line)
    result.take(name, text, std::string{source_command_line}, false);
  return std::move(result).finish();
}

} // namespace sluice::config
