#pragma once

#include <sluice/status.hpp>

#include <string>

namespace sluice::tools {

/// One JSON object on one line, without the newline.
std::string status_json(const node_status& status);

/// For a person; several lines.
std::string status_table(const node_status& status);

/// `{"slots":[...]}`, as it stands in the status.
std::string slots_json(const node_status& status);
std::string slots_table(const node_status& status);

} // namespace sluice::tools
