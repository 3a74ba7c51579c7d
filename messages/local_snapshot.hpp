#pragma once

#include "messages/wire_snapshot.hpp"

#include <sluice/status.hpp>
#include <sluice/types.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is said of snapshots inside a node. Never serialized.
namespace sluice::messages {

// -- where it comes from -------------------------------------------------------------------

/// To the `snapshot_keeper`: `who` asked for it.
struct serve_snapshot {
  caf::strong_actor_ptr who;
  snapshot_request request;
};

/// A sender asks the keeper for a chunk of what the keeper has built; verified.
struct read_chunk {
  std::size_t index = 0;
};
struct chunk_read {
  payload bytes;
};

/// Which replicas are being served; O(replicas), no disk.
struct get_snapshots_served {};
struct served_snapshot {
  std::string node;
  snapshot_progress progress;
};
struct snapshots_served {
  std::vector<served_snapshot> replicas;
  /// Why the last one could not be built; empty when it could.
  std::string failure;
};

/// A sender tells the keeper how far its replica is.
struct note_served {
  served_snapshot at;
};

/// To the `slot_registry`: keep what follows `after` until it is given back, whatever slots say.
struct pin_log {
  lsn after;
};
struct log_pinned {
  std::uint64_t pin = 0;
};
struct unpin_log {
  std::uint64_t pin = 0;
};

// -- where it goes to ----------------------------------------------------------------------

/// To the `snapshot_receiver`: what was staged is of no use any more, and is removed.
struct forget_snapshot {};

/// To whoever had it fetched: how far it is; none once it is over.
struct snapshot_progressed {
  std::optional<snapshot_progress> progress;
};

/// To the `replica_receiver`: the embedder's state is about to become that of `at`, whose log
/// goes on behind it. Answered with `log_restarted`: with `ok` the intent is durable, nothing is
/// streamed any more, and `install_ended` follows.
struct begin_install {
  std::string cluster;
  sluice::term term;
  timeline_id timeline;
  lsn at;
  /// Of the log through `at`.
  digest history;
};

/// To the `replica_receiver`: the state is that of the snapshot, and the log begins anew behind
/// it; or the old state stands, and so does the log. Answered with `log_restarted`.
struct install_ended {
  bool is_installed = false;
};

/// To the `replica_applier`: calls nobody's code until `resume_applying`. Answered once the
/// embedder's code has returned.
struct pause_applying {};
struct applying_paused {};

/// To the `replica_applier`: asks the state again how far it is, and goes on there.
struct resume_applying {};

} // namespace sluice::messages

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::serve_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::read_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::chunk_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::get_snapshots_served)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::snapshots_served)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::note_served)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::pin_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::log_pinned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::unpin_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::forget_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::snapshot_progressed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::begin_install)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::install_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::pause_applying)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::applying_paused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::resume_applying)
