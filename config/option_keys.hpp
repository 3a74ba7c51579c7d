#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::config {

/// How the text of a value is read.
enum class value_kind : std::uint8_t {
  text,
  path,
  /// A node, region or cluster (`is_valid_name`).
  name,
  /// `a,b,c`
  names,
  flag,
  duration,
  size,
  count,
  endpoint,
  endpoints,
  policy,
  log_level,
};

/// Who takes an option; a key may have several. `client` is every command that talks to a node.
enum class command_kind : std::uint8_t {
  primary = 1,
  replica = 2,
  append = 4,
  read = 8,
  status = 16,
  promote = 32,
  client = append | read | status | promote
};

/// One option: its long name on the command line and in files; `SLUICE_` and the name in
/// upper case with `_` in the environment.
struct option_key {
  std::string_view name;
  value_kind kind;
  /// Empty for none.
  std::string_view default_text;
  /// `command_kind`s, or-ed.
  std::uint8_t commands;
  std::string_view help;
  /// `command_kind`s for which `default_text` holds, or-ed; for the others there is none.
  std::uint8_t defaulted_in = 0xFF;

  bool has_default(command_kind command) const {
    return !default_text.empty() && (defaulted_in & static_cast<std::uint8_t>(command)) != 0;
  }

  bool applies_to(command_kind command) const {
    return (commands & static_cast<std::uint8_t>(command)) != 0;
  }
};

/// Every option that may come from a file or the environment, by name.
std::span<const option_key> option_keys();

/// The key of that name; null when there is none.
const option_key* find_key(std::string_view name);

/// `SLUICE_COMMIT_TIMEOUT` of `commit-timeout`.
std::string variable_of(std::string_view name);

/// Why `text` is no value of the key; none when it is one. An empty text is no value of
/// any kind but `text`.
std::optional<std::string> check_value(const option_key& key, std::string_view text);

} // namespace sluice::config
