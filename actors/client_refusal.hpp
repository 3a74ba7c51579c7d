#pragma once

#include "actors/primary_gate.hpp"

#include <cstddef>
#include <optional>

namespace sluice::actors {

/// Why a client is not taken; none when it is.
/// @param clients that have a session already
std::optional<messages::rejected> refusal_of_client(const messages::client_hello& from,
                                                    std::size_t clients, const gate_limits& limits,
                                                    term current);

} // namespace sluice::actors
