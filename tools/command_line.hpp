#pragma once

#include "tools/command.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace sluice::tools {

/// Shows help without what excludes what: the texts say it.
void set_help_style(CLI::App& app);

/// `words` (without the program's name) with each command directly behind its group, so that
/// options may stand before it too: `slots --of X list` is `slots list --of X`.
std::vector<std::string> in_order(const CLI::App& app, std::vector<std::string> words);

/// Tells on stderr everything that is wrong with a command line that could not be read, and
/// with the settings of its command; prints help and version that were asked for.
exit_status tell(const CLI::App& app, const chosen_command& chosen, const CLI::ParseError& error);

/// The same of one that could be read, but for values.
exit_status tell(const CLI::App& app, const chosen_command& chosen);

} // namespace sluice::tools
