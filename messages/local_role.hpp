#pragma once

#include "replication/timeline_entry.hpp"

#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <string>
#include <vector>

/// What is said of a node's role. Never serialized.
namespace sluice::messages {

/// The node's directory says by now that it is of the other role: whoever opened it ends this
/// life of the node and opens it again.
struct role_changed {
  bool is_primary = false;
  sluice::term term;
  /// Where the primary of that term is thought to be; empty for not known.
  std::string primary_endpoint;
  std::string reason;
};

/// To the `spool_writer`: there is a higher term. It stores that, answers what waits and stops.
struct step_down {
  sluice::term term;
  std::string primary_endpoint;
  std::string reason;
};

/// To the `replica_link`: the primary is, or is going to be, there.
struct look_for_primary {
  std::string endpoint;
};

/// Who else is in the cluster, to be kept for a time without a primary.
struct nodes_seen {
  std::vector<replication::known_node> nodes;
};

/// To the `spool_writer`: nothing is written until `resume_appends`, but no longer than `at_most`.
/// What comes meanwhile waits to its deadline.
struct pause_appends {
  std::chrono::milliseconds at_most{0};
};
/// Where the log stands still by now; nothing was paused when `code` is not `ok`.
struct appends_paused {
  errc code = errc::ok;
  std::string reason;
  lsn durable;
};
struct resume_appends {};

} // namespace sluice::messages

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::role_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::step_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::look_for_primary)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::nodes_seen)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::pause_appends)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::appends_paused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::resume_appends)
