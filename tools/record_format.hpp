#pragma once

#include "tools/line_writer.hpp"

#include <sluice/record.hpp>

#include <functional>
#include <map>
#include <string>

namespace sluice::tools {

/// Writes one record.
using record_format = std::function<void(const record&, line_writer&)>;

/// `lines`, `raw`, `hex`, `json` and `length-prefixed`.
const std::map<std::string, record_format>& record_formats();

} // namespace sluice::tools
