#pragma once

#include "messages/wire.hpp"

#include <sluice/log.hpp>

#include <chrono>

namespace sluice::actors {

/// What a node is asked for a read with these options.
messages::read_request request_of(lsn after, const read_options& options);

/// Asks for no record, only when one after `after` is applied.
messages::read_request request_for_position(lsn after, std::chrono::milliseconds timeout);

/// How long the node itself may wait before it answers.
std::chrono::milliseconds wait_of(const messages::read_request& request);

} // namespace sluice::actors
