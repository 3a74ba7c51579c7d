#pragma once

#include <sluice/append.hpp>
#include <sluice/log.hpp>
#include <sluice/outcome.hpp>
#include <sluice/record.hpp>
#include <sluice/status.hpp>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <vector>

namespace sluice {

/// What became of an `append`.
struct appended {
  append_outcome outcome;
};

/// Asks for the records after `after`; with `options.wait` it waits at the tail.
struct read_log {
  lsn after;
  read_options options;
};
struct log_records {
  std::vector<record> records;
};

/// Waits until a record after `after` is applied here, at most `timeout`; then it is
/// answered with `errc::timed_out`.
struct wait_for_lsn {
  lsn after;
  std::chrono::milliseconds timeout{5000};
};
/// The last LSN that is applied.
struct lsn_reached {
  lsn applied;
};

struct get_node_status {};
struct node_status_report {
  node_status status;
};

/// The log of an open node for the embedder's actors in the same actor system. Messages
/// are local: they are never serialized. Give requests a timeout that is longer than the
/// append's own: every `append` is answered within its timeout, unless the disk is stuck.
/// Reads are answered with an error of sluice's category when they fail.
using log_actor = caf::typed_actor<caf::replies_to<append>::with<appended>,
                                   caf::replies_to<read_log>::with<log_records>,
                                   caf::replies_to<wait_for_lsn>::with<lsn_reached>,
                                   caf::replies_to<get_node_status>::with<node_status_report>>;

} // namespace sluice

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::append)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::read_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::log_records)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::wait_for_lsn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::lsn_reached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::get_node_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::node_status_report)
