#include "net/slot_control.hpp"

#include <sluice/errc.hpp>

namespace sluice::net {

namespace {

messages::control_command command_of(slot_change what) {
  switch (what) {
  case slot_change::create: return messages::control_command::create_slot;
  case slot_change::drop: return messages::control_command::drop_slot;
  case slot_change::reset: return messages::control_command::reset_slot;
  case slot_change::detach_replica: break;
  }
  return messages::control_command::detach_replica;
}

} // namespace

caf::expected<messages::control_request> request_of(slot_change what, const std::string& id,
                                                    const slot_limit_overrides& limits) {
  if (limits.is_empty())
    return messages::control_request{true, command_of(what), id, {}};
  if (what != slot_change::create)
    return make_error(errc::invalid_argument, "limits are given when a slot is created");
  return messages::control_request{true, messages::control_command::create_limited_slot, id,
                                   limits};
}

caf::error error_of(const messages::control_reply& reply) {
  return reply.code == errc::ok ? caf::error{} : make_error(reply.code, reply.text);
}

} // namespace sluice::net
