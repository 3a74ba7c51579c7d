#pragma once

#include <sluice/log.hpp>
#include <sluice/node_config.hpp>

#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice {

namespace detail {
class client_core;
}

/// How a client reaches its primary.
struct client_config {
  /// Tried in turn until one is the primary.
  std::vector<node_endpoint> nodes;
  /// A valid name; appends that carry no stamp are numbered under it, so that a retry after
  /// a broken link doubles nothing. Empty: a random one.
  std::string producer;
  /// The sequence of the first append.
  producer_sequence first_sequence{1};
  /// Whether a `not_primary` answer is followed to the primary that it names.
  bool follow = true;
  /// Appends that may be unanswered; beyond it `append_then` waits.
  std::size_t in_flight_max = 256;
};

/// A connection to a primary in another process, for callers that are not actors. Thread
/// safe. Reconnects for ever with back-off; an append whose outcome is not known after a
/// broken link is sent again under its producer and sequence until its own deadline.
/// The actor system must have been prepared with `configure` and must outlive it.
/// Destroying it does not wait: what is unanswered is answered `outcome_unknown`, and a
/// connection that is being made is broken off, for CAF would hold up the end of the actor system
/// until it is made. That takes a moment, longest when the address is not routed at all: CAF
/// blocks in its connect then, and the end of the actor system with it.
class client {
public:
  static caf::expected<client> open(caf::actor_system& system, client_config config);

  client(client&&) noexcept;
  client& operator=(client&&) noexcept;
  ~client();

  /// Sends and waits; outcomes as of `log::append_and_wait`, and `errc::unreachable` when no
  /// node could be reached before the deadline and nothing was sent.
  append_outcome append_and_wait(append request);

  /// Sends; `done` is called once, on a thread of the client: it must not block or throw.
  /// Blocks while `in_flight_max` appends are unanswered.
  void append_then(append request, std::function<void(append_outcome)> done);

  /// Blocks until every append has been answered.
  void drain();

private:
  explicit client(std::shared_ptr<detail::client_core> core);
  std::shared_ptr<detail::client_core> core_;
};

/// How long a node that can be reached is given to answer a question.
inline constexpr std::chrono::milliseconds answer_timeout{5000};

/// Asks the node at `where` for records. Blocks, at most `within`, and `options.wait` more.
/// @returns `errc::unreachable` with the address and what to look at, or as `log::read`
caf::expected<std::vector<record>> read_from(caf::actor_system& system, const node_endpoint& where,
                                             lsn after, const read_options& options,
                                             std::chrono::milliseconds within = answer_timeout);

/// Waits until the node at `where` has applied a record after `after`. Blocks, at most
/// `within` and `timeout`. @returns the last LSN that it has; `errc::timed_out`, `unreachable`
caf::expected<lsn> wait_for_lsn_after(caf::actor_system& system, const node_endpoint& where,
                                      lsn after, std::chrono::milliseconds timeout,
                                      std::chrono::milliseconds within = answer_timeout);

/// Asks the node at `where` how it is. Blocks, at most `within`.
/// @returns `errc::unreachable` with the address and what to look at
caf::expected<node_status> status_of(caf::actor_system& system, const node_endpoint& where,
                                     std::chrono::milliseconds within = answer_timeout);

/// As `log::change_slot`, of the primary at `where`. Blocks, at most `within`; whether it
/// was done is not known after `errc::unreachable`.
caf::error change_slot(caf::actor_system& system, const node_endpoint& where, slot_change what,
                       const std::string& id, std::chrono::milliseconds within = answer_timeout,
                       const slot_limit_overrides& limits = {});

struct promotion_request {
  /// The candidate must hold it; 0 for no wish.
  lsn required;
  /// Also without a majority, or although others hold more: that is lost.
  bool is_forced = false;
  /// Only says what a promotion would meet.
  bool is_plan = false;
};

/// Makes the replica at `where` the primary: durable, in a new term, on a timeline of its own,
/// when it returns. The old primary, where it can be reached, has stopped by then. Blocks, at
/// most `within`; whether it was done is not known after `errc::unreachable`.
/// @returns what was done, or of a plan a line for each node; `errc::fenced`,
///   `behind_watermark`, `no_majority`, `in_use`, `unsupported`
caf::expected<std::string> promote(caf::actor_system& system, const node_endpoint& where,
                                   const promotion_request& request,
                                   std::chrono::milliseconds within = std::chrono::seconds{20});

/// Has the replica at `where` take over from its primary, which is named `from` and is there: as
/// `switch_over` does, but at once and without a second try. Blocks, at most `within`; whether it
/// was done is not known after `errc::unreachable`.
/// @returns what was done; the codes of `promote`, `behind_watermark` with what lags, `timed_out`
caf::expected<std::string> take_over(caf::actor_system& system, const node_endpoint& where,
                                     const std::string& from,
                                     std::chrono::milliseconds within = std::chrono::seconds{20});

/// As `log::set_policy`, of the primary at `where`. Blocks, at most `within`; whether it was
/// done is not known after `errc::unreachable`.
caf::error set_policy(caf::actor_system& system, const node_endpoint& where,
                      const commit_policy& policy,
                      std::chrono::milliseconds within = answer_timeout);

} // namespace sluice
