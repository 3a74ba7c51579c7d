#pragma once

#include <sluice/topology.hpp>

#include <string>

namespace sluice::tools {

/// One JSON object on one line, without the newline.
std::string topology_json(const topology& x);

/// For a person; several lines.
std::string topology_table(const topology& x);

} // namespace sluice::tools
