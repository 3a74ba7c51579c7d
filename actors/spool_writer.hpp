#pragma once

#include "actors/context.hpp"
#include "actors/segment_preparer.hpp"
#include "messages/append_inbox.hpp"
#include "messages/interfaces.hpp"
#include "persistence/node_state.hpp"
#include "persistence/spool.hpp"
#include "replication/members.hpp"

#include <functional>
#include <memory>

namespace sluice::actors {

/// Bounds and times of the writer; filled by config/.
struct writer_limits {
  /// A batch holds more only when one append is larger.
  std::uint64_t batch_bytes = 1024 * 1024;
  /// Payload bytes that may wait to be written; beyond it appends are `overloaded`.
  std::uint64_t gathered_bytes_max = 256ull * 1024 * 1024;
  std::size_t gathered_appends_max = 1'000'000;
  /// After so long without an append a mark proves the last one durable.
  std::chrono::milliseconds idle_mark_after{50};
  /// A log that failed for want of room is opened again so often until that works.
  std::chrono::milliseconds reopen_every{500};
  /// How far the voters may fall behind.
  flow_control_limits flow;
};

/// Opens the log anew after a failure. Blocks on the disk.
using spool_opener = std::function<caf::expected<std::shared_ptr<persistence::spool>>()>;

struct writer_setup {
  node_context context;
  std::shared_ptr<persistence::spool> spool;
  persistence::spool_options spool_options;
  writer_limits limits;
  sluice::term term;
  timeline_id timeline;
  commit_policy floor;
  replication::members declared;
  /// Whether appends are served at once; otherwise they wait for `allow_appends`.
  bool confirmed = true;
  messages::commit_coordinator_actor coordinator;
  /// Told first of every batch.
  messages::wal_buffer_actor buffer;
  segment_preparer_actor preparer;
  /// Where a default policy that is set live is kept, beside what stands there.
  std::shared_ptr<persistence::node_state_store> store = {};
  persistence::node_state state = {};
  /// None: a log that has failed stays so.
  spool_opener reopen = {};
  /// Where appends of threads come from: `take_inbox` is sent after `put` said so. None: only
  /// actors append.
  std::shared_ptr<messages::append_inbox> inbox = {};
};

/// Owns the spool of a primary: next LSN, durable LSN, segments on disk. The front door of
/// append: gathers what its mailbox holds, writes it as one batch with one fdatasync, then
/// answers `local` itself and hands stronger policies to the coordinator.
///
/// Promises: every append is answered once; `batches_durable` is sent only after fdatasync
/// covered it, in LSN order, once for each batch. After a failed write it acknowledges
/// nothing more, until it has opened the log anew, which it does by itself only when there was
/// no room. Never reads back, but for an append that expects an older LSN.
messages::spool_writer_actor spawn_spool_writer(caf::actor_system& system, writer_setup setup);

} // namespace sluice::actors
