#pragma once

#include "config/option_keys.hpp"

#include <caf/expected.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

/// One thing that is wrong, and where it came from: `commit-timeout (SLUICE_COMMIT_TIMEOUT):
/// '5' is not a duration...`
struct config_error {
  std::string key;
  /// `default`, `command line`, a variable's name, or a file's.
  std::string source;
  std::string reason;
  friend auto operator<=>(const config_error&, const config_error&) = default;
};

std::string to_string(const config_error& x);

/// A value and where it came from.
struct resolved_value {
  std::string text;
  /// `default`, `command line`, a variable's name, or a file's.
  std::string source;
  friend bool operator==(const resolved_value&, const resolved_value&) = default;
};

inline constexpr std::string_view source_default = "default";
inline constexpr std::string_view source_command_line = "command line";

/// The options of one command, each from the strongest source that has it, by key. Keys
/// without default that nobody set are absent. This is what `sluice config show` prints.
using resolved_options = std::map<std::string, resolved_value, std::less<>>;

/// A config file that was read: CAF's ini syntax, section `[sluice]`, `;` comments.
struct config_file {
  std::string path;
  std::string text;
};

caf::expected<config_file> read_config_file(const std::string& path);

struct config_sources {
  /// Long option names without dashes.
  std::map<std::string, std::string> command_line;
  /// The whole environment: what does not begin with `SLUICE_` is left alone, and so is
  /// what begins with `SLUICE_TEST_`.
  std::map<std::string, std::string> environment;
  std::optional<config_file> file;
};

/// What the sources say, without the values that are wrong: these stand in `errors`.
struct load_result {
  resolved_options values;
  std::vector<config_error> errors;
};

/// The errors of loading, and then those of `found`, which was found in the values, that are
/// about other keys: a value that could not be read is not told a second time.
std::vector<config_error> all_errors(const load_result& loaded, std::vector<config_error> found);

/// Command line over environment over file over defaults. Unknown keys and bad values are
/// errors wherever they stand, even below a stronger source, and all are told at once. Keys
/// of other commands are checked and passed over in files and variables, which are shared.
load_result load(command_kind command, const config_sources& sources);

} // namespace sluice::config
