#include "actors/client_refusal.hpp"

namespace sluice::actors {

std::optional<messages::rejected> refusal_of_client(const messages::client_hello& from,
                                                    std::size_t clients, const gate_limits& limits,
                                                    term current) {
  auto refusal = [&](errc code, std::string text) {
    return messages::rejected{true, code, std::move(text), {}, current};
  };
  if (!from.well_formed)
    return refusal(errc::malformed, "the hello could not be understood");
  if (from.protocol > messages::protocol_version)
    return refusal(errc::newer_protocol, "this node speaks protocol "
                                             + std::to_string(messages::protocol_version)
                                             + ", the client " + std::to_string(from.protocol)
                                             + "; update the node first");
  if (clients >= limits.clients_max)
    return refusal(errc::overloaded, "too many clients; try again later");
  return std::nullopt;
}

} // namespace sluice::actors
