#pragma once

#include "messages/wire_snapshot.hpp"

#include <sluice/status.hpp>
#include <sluice/types.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
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

/// A snapshot as it stands whole in DIR/snapshot/outgoing. Never changes.
struct built_snapshot {
  /// Which one of those that this life of the node has had.
  std::uint64_t number = 0;
  lsn at;
  timeline_id timeline;
  sluice::term term;
  /// Of the log through `at`.
  digest history;
  /// The file.
  std::string manifest;
  /// Of each chunk.
  std::vector<std::uint64_t> chunk_bytes;
  std::uint64_t bytes = 0;
};
using built_snapshot_ptr = std::shared_ptr<const built_snapshot>;

// What the keeper asks of the builder, which does nothing by itself.

/// Is there one of an earlier life? Answered with none when there is not.
struct find_outgoing {};
struct outgoing_found {
  built_snapshot_ptr snapshot;
};

/// Freezes the embedder's state; what is there of another snapshot is discarded first.
struct begin_outgoing {};
struct outgoing_begun {
  lsn at;
  /// 0: not known.
  std::uint64_t total_bytes = 0;
};

/// Copies one more chunk of what was begun.
struct extend_outgoing {};
struct outgoing_extended {
  /// So far.
  std::uint64_t bytes = 0;
  bool is_whole = false;
};

/// All is copied: from now on it is a snapshot, in this history. Answered with it.
struct finish_outgoing {
  timeline_id timeline;
  sluice::term term;
  digest history;
  /// Of the last record.
  sluice::term last_term = {};
  /// The producer table through it; empty: not known.
  std::string producers = {};
};

/// Whatever is there, begun or whole, is not needed any more.
struct discard_outgoing {};
struct outgoing_discarded {};

/// A sender asks for a chunk; verified. `errc::corruption` when it is not what was built,
/// `errc::not_found` when that snapshot is not there any more.
struct read_chunk {
  std::uint64_t snapshot = 0;
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

/// A sender tells the keeper that it ends: its replica needs nothing more, or will come back, or
/// what it was sending cannot be read.
struct serving_ended {
  std::string node;
  std::uint64_t attempt = 0;
  bool is_over = false;
  /// Of the reading; empty when it could be read.
  std::string failure;
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
  /// Of the record at `at`.
  sluice::term last_term = {};
  cluster_facts facts = {};
  /// The producer table through `at`; empty: not known.
  std::string producers = {};
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::find_outgoing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::outgoing_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::begin_outgoing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::outgoing_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::extend_outgoing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::outgoing_extended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::finish_outgoing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::discard_outgoing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::outgoing_discarded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::messages::serving_ended)
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
