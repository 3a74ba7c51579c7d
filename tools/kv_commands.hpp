#pragma once

#include "tools/command.hpp"

namespace sluice::tools {

/// `get`, `list` and `check` of `sluice kv`: they read the state in directories.
void add_kv_readers(CLI::App& parent, chosen_command& chosen);

} // namespace sluice::tools
