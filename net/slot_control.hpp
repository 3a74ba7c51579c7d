#pragma once

#include "messages/wire.hpp"

#include <sluice/slot_change.hpp>

#include <caf/error.hpp>

#include <string>

namespace sluice::net {

messages::control_request request_of(slot_change what, const std::string& id);

/// What the reply says, as an error.
caf::error error_of(const messages::control_reply& reply);

} // namespace sluice::net
