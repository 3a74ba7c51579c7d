#pragma once

#include "replication/monotonic_time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace sluice::replication {

struct snapshot_limits {
  /// In flight is never more than this, or one chunk.
  std::uint64_t window_bytes = 4ull * 1024 * 1024;
  /// What a snapshot may take of the link and the disks; 0: any.
  std::uint64_t bytes_per_second = 0;
  friend bool operator==(const snapshot_limits&, const snapshot_limits&) = default;
};

/// Send this chunk now, and say so to `sent`.
struct send_chunk {
  std::size_t index = 0;
  friend bool operator==(const send_chunk&, const send_chunk&) = default;
};

/// The receiver has to confirm some first.
struct await_confirmation {
  friend bool operator==(const await_confirmation&, const await_confirmation&) = default;
};

/// Its rate allows no more before.
struct await_time {
  monotonic_ns until;
  friend bool operator==(const await_time&, const await_time&) = default;
};

/// The receiver has confirmed every chunk.
struct all_confirmed {
  friend bool operator==(const all_confirmed&, const all_confirmed&) = default;
};

using snapshot_step = std::variant<send_chunk, await_confirmation, await_time, all_confirmed>;

/// How far a transfer is.
struct snapshot_progress {
  std::uint64_t confirmed_bytes = 0;
  std::uint64_t total_bytes = 0;
  /// At the rate of this connection so far; none before it has one.
  std::optional<std::chrono::seconds> remaining;
  friend bool operator==(const snapshot_progress&, const snapshot_progress&) = default;
};

/// How long `missing` bytes take when `came` of them took `took`; none while that is not known.
std::optional<std::uint64_t> seconds_left(std::uint64_t came, std::uint64_t missing,
                                          std::chrono::nanoseconds took);

/// The chunks of one snapshot on their way to one replica, in order: which comes next, within
/// what the receiver has room for and what the operator allows. A replica that comes back goes
/// on behind the chunks that it has staged and verified. Owned by who sends them.
class snapshot_transfer {
public:
  /// Of each chunk; none is empty.
  snapshot_transfer(std::vector<std::uint64_t> chunk_bytes, snapshot_limits limits);

  /// A connection begins: the receiver holds the first `staged` chunks, at most all, and
  /// nothing is in flight.
  void resume(std::size_t staged, monotonic_ns now);

  snapshot_step next(monotonic_ns now) const;

  /// The chunk that `next` named was sent. @pre there is one
  void sent(monotonic_ns now);

  /// The receiver has made the first `count` chunks durable. Counts are cumulative: older ones,
  /// and those of what was never sent, do nothing.
  void confirmed(std::size_t count);

  snapshot_progress progress(monotonic_ns now) const;

private:
  std::uint64_t bytes_of(std::size_t first, std::size_t end) const;

  /// Bytes before each chunk, and of all of them.
  std::vector<std::uint64_t> offsets_;
  snapshot_limits limits_;
  std::size_t next_ = 0;
  std::size_t confirmed_ = 0;
  /// From when on the rate allows the next chunk.
  monotonic_ns free_at_;
  // Of this connection.
  std::size_t resumed_at_ = 0;
  monotonic_ns since_;
};

} // namespace sluice::replication
