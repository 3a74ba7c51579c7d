#pragma once

#include "messages/wire_inspect.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/type_id.hpp>

/// Only what crosses between nodes has an id; both ends must agree on the names.
CAF_BEGIN_TYPE_ID_BLOCK(sluice, caf::first_custom_type_id + 20000)
CAF_ADD_TYPE_ID(sluice, (sluice::messages::hello))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::welcome))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::rejected))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::replica_ack))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::stream_batches))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::heartbeat))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::client_hello))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::client_welcome))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::append_many))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::committed_many))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::read_request))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::read_reply))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::status_request))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::status_reply))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::control_request))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::control_reply))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::topology_request))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::topology_subscribe))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::topology_reply))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::topology_seen))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::rebootstrap))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::grant_request))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::grant_reply))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::rewind))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_needed))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_request))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_refused))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_building))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_offer))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_chunk))
CAF_ADD_TYPE_ID(sluice, (sluice::messages::snapshot_staged))
CAF_END_TYPE_ID_BLOCK(sluice)

namespace sluice::messages {

/// Registers the wire messages; once for each configuration.
void add_message_types(caf::actor_system_config& config);

} // namespace sluice::messages
