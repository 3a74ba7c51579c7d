#pragma once

#include <sluice/append.hpp>
#include <sluice/outcome.hpp>
#include <sluice/record.hpp>
#include <sluice/slot_change.hpp>
#include <sluice/status.hpp>

#include <caf/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace sluice {

namespace messages {
class pending_append;
}

namespace detail {
class log_core;
}

/// How much a read returns at most, and how long it waits for the first record.
struct read_options {
  /// {0}: through what is durable.
  lsn through;
  std::uint64_t records_max = 1000;
  std::uint64_t bytes_max = 1024 * 1024;
  std::chrono::milliseconds wait{0};
};

/// The log of an open node for callers that are not actors. Thread safe; copies share the
/// node. Usable until the node closes; then appends are answered `errc::closed`, and what
/// was in flight `outcome_unknown`.
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
  /// Blocks. @returns `errc::pruned`, `corruption`, `closed`, `not_primary`
  caf::expected<std::vector<record>> read(lsn after, const read_options& options = {});

  /// Calls `each` for every record after `after` until it returns false or `idle` passes
  /// without a record. Blocks. @returns the last LSN that was given
  caf::expected<lsn> follow(lsn after, std::chrono::milliseconds idle,
                            const std::function<bool(const record&)>& each);

  /// How the node is. Blocks until its actors have answered, at most 3 s.
  caf::expected<node_status> status();

  /// Changes a slot of this primary; what it does and refuses stands with `slot_change`.
  /// Blocks until the change is durable. @returns also `errc::closed`, `not_primary`
  caf::error change_slot(slot_change what, const std::string& id);

private:
  void submit(const std::shared_ptr<messages::pending_append>& item);

  std::shared_ptr<detail::log_core> core_;
};

} // namespace sluice
