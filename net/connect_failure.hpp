#pragma once

#include <caf/error.hpp>

#include <string>

namespace sluice::net {

/// Why a node could not be reached, for a person, and what to look at: CAF's own error says
/// neither. To be told behind the address.
std::string connect_failure(const caf::error& why);

} // namespace sluice::net
