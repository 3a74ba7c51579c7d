#pragma once

#include <string>

namespace sluice::tools {

/// Makes the logger that nodes write to: on stderr, one line a message.
/// @param level as of the option `log-level`
void start_logging(const std::string& level, bool as_json);

} // namespace sluice::tools
