#include "replication/snapshot_rule.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::replication {

snapshot_transfer::snapshot_transfer(std::vector<std::uint64_t> chunk_bytes, snapshot_limits limits)
    : limits_(limits) {
  offsets_.reserve(chunk_bytes.size() + 1);
  offsets_.push_back(0);
  for (auto bytes : chunk_bytes)
    offsets_.push_back(offsets_.back() + bytes);
}

std::uint64_t snapshot_transfer::bytes_of(std::size_t first, std::size_t end) const {
  return offsets_[end] - offsets_[first];
}

/// The rate goes on over connections: who comes back at once gets no more for it.
void snapshot_transfer::resume(std::size_t staged, monotonic_ns now) {
  confirmed_ = std::min(staged, offsets_.size() - 1);
  next_ = confirmed_;
  resumed_at_ = confirmed_;
  since_ = now;
}

snapshot_step snapshot_transfer::next(monotonic_ns now) const {
  auto chunks = offsets_.size() - 1;
  if (confirmed_ == chunks)
    return all_confirmed{};
  if (next_ == chunks)
    return await_confirmation{};
  auto is_first_in_flight = next_ == confirmed_;
  if (!is_first_in_flight && bytes_of(confirmed_, next_ + 1) > limits_.window_bytes)
    return await_confirmation{};
  if (free_at_ > now)
    return await_time{free_at_};
  return send_chunk{next_};
}

void snapshot_transfer::sent(monotonic_ns now) {
  auto bytes = bytes_of(next_, next_ + 1);
  ++next_;
  if (limits_.bytes_per_second == 0)
    return;
  auto seconds = static_cast<double>(bytes) / static_cast<double>(limits_.bytes_per_second);
  auto taken = std::chrono::nanoseconds{static_cast<std::int64_t>(std::min(seconds, 1e9) * 1e9)};
  free_at_ = later(std::max(free_at_, now), taken);
}

void snapshot_transfer::confirmed(std::size_t count) {
  if (count > confirmed_ && count <= next_)
    confirmed_ = count;
}

snapshot_progress snapshot_transfer::progress(monotonic_ns now) const {
  snapshot_progress x;
  x.confirmed_bytes = offsets_[confirmed_];
  x.total_bytes = offsets_.back();
  if (auto seconds = seconds_left(bytes_of(resumed_at_, confirmed_),
                                  x.total_bytes - x.confirmed_bytes, elapsed(since_, now)))
    x.remaining = std::chrono::seconds{*seconds};
  return x;
}

std::optional<std::uint64_t> seconds_left(std::uint64_t came, std::uint64_t missing,
                                          std::chrono::nanoseconds took) {
  if (missing == 0)
    return 0;
  auto seconds = std::chrono::duration<double>{took}.count();
  if (came == 0 || seconds <= 0)
    return std::nullopt;
  auto left = static_cast<double>(missing) * seconds / static_cast<double>(came);
  return static_cast<std::uint64_t>(std::ceil(std::min(left, 1e12)));
}

} // namespace sluice::replication
