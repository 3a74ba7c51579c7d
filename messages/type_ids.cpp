#include "messages/type_ids.hpp"

namespace sluice::messages {

void add_message_types(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::sluice>();
}

} // namespace sluice::messages
