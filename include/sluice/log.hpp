#pragma once

#include <sluice/append.hpp>
#include <sluice/bookmark.hpp>
#include <sluice/outcome.hpp>
#include <sluice/record.hpp>
#include <sluice/slot_change.hpp>
#include <sluice/slot_limits.hpp>
#include <sluice/status.hpp>

#include <caf/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

namespace messages {
class pending_append;
}

namespace detail {
class log_core;
}

/// How much a read returns at most, how long it waits for the first record, and what the
/// node must have applied before.
struct read_options {
  /// {0}: through what is durable.
  lsn through;
  std::uint64_t records_max = 1000;
  std::uint64_t bytes_max = 1024 * 1024;
  std::chrono::milliseconds wait{0};
  /// The read begins once the node has applied everything through it: a caller reads what
  /// it wrote, on any node. On a primary what has committed counts as applied.
  std::optional<bookmark> at;
  /// How long to wait for that.
  std::chrono::milliseconds at_within{5000};
};

/// The log of an open node for callers that are not actors. Thread safe; copies share the
/// node. Usable until the node closes; then appends are answered `errc::closed`, and what
/// was in flight `outcome_unknown`.
///
/// Of a node that was opened as the primary, or has become one, appends go on when another node
/// is the primary: they are taken there, until their deadline. What was written here before, and
/// not answered, is taken along only with a producer's stamp; without, it is `outcome_unknown`.
class log {
public:
  explicit log(std::shared_ptr<detail::log_core> core);

  /// Appends and waits. Goes straight to the writer: the calling thread sleeps until its
  /// policy is met. Returns within the options' timeout and a second.
  /// @returns what became of it; when `committed`, the records were fdatasynced on every
  ///   node that the policy counted
  append_outcome append_and_wait(append request);

  /// Appends; the future is made ready by an actor of the node. Every future is answered.
  std::future<append_outcome> append_async(append request);

  /// Appends; `done` is called once, on a thread of the node: it must not block or throw.
  void append_then(append request, std::function<void(append_outcome)> done);

  /// Records after `after`, oldest first; empty when there are none within `options.wait`.
  /// Blocks. @returns `errc::pruned`, `corruption`, `closed`, `not_primary`; with
  ///   `options.at` `timed_out` or, on another timeline, `diverged`, naming the primary
  caf::expected<std::vector<record>> read(lsn after, const read_options& options = {});

  /// Calls `each` for every record after `after` until it returns false or `idle` passes
  /// without a record. Blocks. @returns the last LSN that was given
  caf::expected<lsn> follow(lsn after, std::chrono::milliseconds idle,
                            const std::function<bool(const record&)>& each);

  /// Waits until a record after `after` is applied here. Blocks, at most `timeout` and a
  /// second. @returns the last LSN that is; `errc::timed_out`
  caf::expected<lsn> wait_for_lsn_after(lsn after, std::chrono::milliseconds timeout);

  /// Makes `policy` what every later append gets at least, also after a restart that is not
  /// given another. Blocks, at most 3 s. @returns `errc::below_floor` for `quorum` without
  ///   declared members, `not_primary`, `io_error`; nothing was changed then
  caf::error set_policy(const commit_policy& policy);

  /// How the node is. Blocks until its actors have answered, at most 3 s.
  caf::expected<node_status> status();

  /// Changes a slot of this primary; what it does and refuses stands with `slot_change`.
  /// Blocks until the change is durable. @returns also `errc::closed`, `not_primary`,
  /// `unsupported` for limits at a node that is too old for them: nothing was changed then
  caf::error change_slot(slot_change what, const std::string& id,
                         const slot_limit_overrides& limits = {});

private:
  void submit(std::shared_ptr<messages::pending_append> item);

  std::shared_ptr<detail::log_core> core_;
};

} // namespace sluice
