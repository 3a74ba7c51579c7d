#pragma once

#include "replication/members.hpp"
#include "replication/monotonic_time.hpp"

#include <sluice/commit_policy.hpp>
#include <sluice/flow_control.hpp>
#include <sluice/types.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sluice::replication {

/// Between two writes at most. With it one caller still gets five appends a second
/// through: a stop would look like a failure.
inline constexpr std::chrono::nanoseconds flow_delay_max = std::chrono::milliseconds{200};

/// A replica that was silent for longer does not count.
inline constexpr std::chrono::nanoseconds flow_silent_after = std::chrono::seconds{5};

struct flow_lag {
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds time{0};
  friend bool operator==(const flow_lag&, const flow_lag&) = default;
};

enum class flow_state : std::uint8_t { off, open, slowing, refusing };

/// `slowing`
std::string to_string(flow_state state);

struct flow_verdict {
  flow_state state = flow_state::off;
  /// From the end of one write to the next.
  std::chrono::nanoseconds delay{0};
  friend bool operator==(const flow_verdict&, const flow_verdict&) = default;
};

/// Whether appends are admitted at such a lag, and how fast. The delay is 0 through the
/// soft limits and grows with the square of what is past them, without a step, to
/// `flow_delay_max` at the hard ones; without a hard limit, at twice the soft one.
flow_verdict judge_flow(const flow_lag& lag, const flow_control_limits& limits);

bool is_on(const flow_control_limits& limits);

/// A registered replica as flow control looks at it.
struct follower {
  std::string id;
  std::string region;
  lsn durable;
  bool connected = false;
  /// Its slot is valid and it may vote.
  bool valid = true;
  monotonic_ns heard_at;
  friend bool operator==(const follower&, const follower&) = default;
};

/// Whether the policy's commits wait for replicas like this one: none under `local`; the
/// declared members when there are any; those in the regions that the policy names.
bool is_awaited(const follower& x, const commit_policy& policy, const members& declared);

/// Measures how far the slowest voter is behind. One that joins counts from when it is
/// within the soft limits, so that catching up throttles nobody; one that is gone, silent
/// or invalid counts no more, until it has caught up again.
class flow_gauge {
public:
  /// @param durable what the log held when the measuring began
  flow_gauge(flow_control_limits limits, lsn durable)
      : limits_(limits), start_{durable, 0, monotonic_ns{}} {}

  /// A batch has become durable here.
  void note_written(lsn through, std::uint64_t bytes, monotonic_ns now);

  /// The replicas as they are now.
  void see(std::vector<follower> followers) { followers_ = std::move(followers); }

  struct reading {
    flow_lag lag;
    /// Empty when nobody counts.
    std::string slowest;
  };
  reading measure(const commit_policy& policy, const members& declared, monotonic_ns now);

  /// Points kept to turn an LSN into bytes and time.
  static constexpr std::size_t points_max = 4096;
  std::size_t points() const { return written_.size(); }

private:
  struct point {
    lsn through;
    /// Of everything that was noted, through here.
    std::uint64_t bytes = 0;
    monotonic_ns at;
  };

  std::optional<flow_lag> lag_behind(lsn durable, monotonic_ns now) const;
  bool counts(const follower& x, const std::optional<flow_lag>& lag, monotonic_ns now);

  flow_control_limits limits_;
  std::vector<follower> followers_;
  std::set<std::string, std::less<>> in_sync_;
  std::deque<point> written_;
  /// What was there before; nothing is known of its bytes.
  point start_;
};

} // namespace sluice::replication
