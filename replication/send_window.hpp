#pragma once

#include <sluice/types.hpp>

#include <cstddef>
#include <deque>

namespace sluice::replication {

/// What one replica session has sent and not seen acked: the only back-pressure there is
/// towards a replica. In flight is never more than max(window, one batch). Owned by the
/// replica session.
class send_window {
public:
  explicit send_window(std::size_t window_bytes) : window_bytes_(window_bytes) {}

  /// Whether a batch of `bytes` may follow now; one always may when nothing is in flight.
  bool may_send(std::size_t bytes) const;

  /// A batch that ends at `last` was sent. LSNs rise.
  void sent(lsn last, std::size_t bytes);

  /// The replica has everything through `through`: acks are cumulative; older ones, and those
  /// of what was never sent, do nothing.
  void acked(lsn through);

  /// A new stream begins after `after`: nothing is in flight.
  void reset(lsn after);

  std::size_t in_flight_bytes() const { return in_flight_bytes_; }
  std::size_t in_flight_batches() const { return batches_.size(); }
  /// The last LSN that was sent.
  lsn sent_through() const { return sent_through_; }
  std::size_t window_bytes() const { return window_bytes_; }

private:
  struct batch {
    lsn last;
    std::size_t bytes;
  };

  std::size_t window_bytes_;
  std::size_t in_flight_bytes_ = 0;
  lsn sent_through_;
  std::deque<batch> batches_;
};

} // namespace sluice::replication
