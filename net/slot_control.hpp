#pragma once

#include "messages/wire.hpp"

#include <sluice/slot_change.hpp>
#include <sluice/slot_limits.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <string>

namespace sluice::net {

/// @returns `errc::invalid_argument` for limits with anything but `slot_change::create`
caf::expected<messages::control_request> request_of(slot_change what, const std::string& id,
                                                    const slot_limit_overrides& limits);

/// What the reply says, as an error.
caf::error error_of(const messages::control_reply& reply);

} // namespace sluice::net
