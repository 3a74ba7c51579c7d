#pragma once

#include "messages/wire.hpp"
#include "replication/confirm_rule.hpp"

#include <sluice/topology.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The messages that stay inside a replica. They carry pointers and are never serialized.
namespace sluice::messages {

/// What a hello says of this node's log.
struct get_join_position {};
struct join_position {
  std::string cluster;
  node_identity identity;
  sluice::term term;
  timeline_id timeline;
  sluice::term last_term;
  lsn flushed;
  std::vector<history_point> history;
  /// Why it cannot join: its own log has failed.
  std::string failure;
  bool is_log_only = false;
  bool can_install = false;
  bool wants_snapshot = false;
};

/// The receiver did, or would not, begin its log anew or cut it. With `ok` the link says hello
/// again.
struct log_restarted {
  errc code = errc::ok;
  std::string reason;
};

/// What a promotion starts from.
struct get_candidacy {};
struct candidacy {
  std::string cluster;
  std::string node;
  std::string region;
  sluice::term term;
  sluice::term granted_term;
  timeline_id timeline;
  replication::history_end end;
  std::vector<std::string> members;
  std::vector<replication::known_node> nodes;
  /// Why it cannot be promoted as it is; empty when it can.
  std::string obstacle;
};

/// The grants are there: from now on, durably, this node's directory is a primary's.
struct take_office {
  sluice::term term;
};
struct office_taken {
  errc code = errc::ok;
  std::string reason;
  lsn fork;
};

/// The session that accepted the link's hello; the receiver acks to it and is streamed to.
struct attach_stream {
  welcome accepted;
  caf::strong_actor_ptr session;
};

/// Who applies; the receiver says how far it may.
struct attach_applier {
  caf::strong_actor_ptr applier;
};

/// The receiver heard from its session, or found that it must not go on.
struct stream_heard {};
struct stream_broken {
  errc code = errc::ok;
  std::string reason;
};

/// Records through here may be applied.
struct apply_through {
  lsn through;
};
struct records_applied {
  lsn applied;
  std::uint64_t errors = 0;
};

struct get_link_status {};
struct link_status {
  /// Where the link looks for it.
  std::string primary;
  /// `catching_up`, `serving`, `rejected` or `bootstrapping`.
  std::string state;
  std::string failure;
  std::uint64_t reconnects = 0;
  /// Where others find the primary: as the topology names it, else where the link looks.
  std::string primary_endpoint = {};
  topology_epoch epoch = {};
  /// Of the snapshot that is on its way.
  std::optional<snapshot_progress> snapshot = {};
};

} // namespace sluice::messages

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_join_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::join_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_restarted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_candidacy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::candidacy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::take_office)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::office_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::attach_stream)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::attach_applier)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::stream_heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::stream_broken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::apply_through)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::records_applied)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_link_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::link_status)
