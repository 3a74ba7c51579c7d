#pragma once

#include "messages/pending_append.hpp"
#include "messages/wire.hpp"
#include "replication/monotonic_time.hpp"

#include <deque>
#include <map>
#include <vector>

namespace sluice::net {

/// The unanswered appends of one client, a value without a connection: what to send next
/// within the credit, what to send again after a broken link, what is too late.
class client_queue {
public:
  struct entry {
    messages::append_ptr item;
    replication::monotonic_ns deadline;
    std::uint64_t bytes = 0;
    bool sent = false;
    /// It counts against the credit.
    bool in_flight = false;
    /// It was sent over a link that broke, or its node could not tell: until a node says
    /// where it stands, nobody may call it unwritten.
    bool uncertain = false;
    /// Where a node said that it may stand; {0, 0} when none did.
    lsn_range told_at = {};
  };

  /// Takes an append that must be answered by `deadline`.
  void add(messages::append_ptr item, replication::monotonic_ns deadline);

  /// What to send now: in order, in flight at most `credit` (one append may always be), and
  /// about `message_bytes` of payload. Each with the time that it has left.
  messages::append_many take(std::uint64_t credit, std::uint64_t message_bytes,
                             replication::monotonic_ns now);

  /// Answers an append; a ticket that is not known was answered before.
  void answer(std::uint64_t ticket, append_outcome outcome);

  /// The node could not say what became of it (`uncertain`), or refused it unwritten for a
  /// reason that passes: send it again.
  void send_again(std::uint64_t ticket, const append_outcome& outcome);

  /// The link is broken: everything unanswered is to be sent again, oldest first.
  void send_all_again();

  /// Answers what waited past its deadline and `grace`; `why` says what is wrong with the link.
  void expire(replication::monotonic_ns now, std::chrono::nanoseconds grace,
              const std::string& why);

  /// Answers everything that was never sent: there is nobody to send it to.
  void fail_unsent(errc code, const std::string& why);

  bool empty() const { return entries_.empty(); }
  bool has_unsent() const { return !unsent_.empty(); }
  std::uint64_t in_flight_bytes() const { return in_flight_bytes_; }

private:
  void leave_flight(entry& waiting);
  void settle(std::map<std::uint64_t, entry>::iterator found, append_outcome outcome);

  std::map<std::uint64_t, entry> entries_;
  /// Tickets in the order in which they go out.
  std::deque<std::uint64_t> unsent_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t in_flight_bytes_ = 0;
};

} // namespace sluice::net
