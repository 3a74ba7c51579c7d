#pragma once

#include "replication/monotonic_time.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace sluice::replication {

/// An outage that is over.
struct ended_outage {
  std::chrono::nanoseconds duration{};
  std::uint64_t failures = 0;
  std::string last_reason;
  friend bool operator==(const ended_outage&, const ended_outage&) = default;
};

enum class outage_news : std::uint8_t {
  /// Say it.
  began,
  /// The reason is another one now: say it.
  changed,
  /// Known already.
  goes_on,
};

/// Turns a stream of failed attempts into one line when an outage begins and one when it
/// ends; in between, only a reason that was not said yet is news.
class outage_log {
public:
  /// Of so many it is known that they were said; others are not.
  static constexpr std::size_t reasons_max = 16;

  outage_news failed(const std::string& reason, monotonic_ns now);

  /// The outage that this success ends; none when there was none.
  std::optional<ended_outage> succeeded(monotonic_ns now);

  bool is_out() const { return failures_ != 0; }
  std::uint64_t failures() const { return failures_; }

private:
  monotonic_ns since_;
  std::uint64_t failures_ = 0;
  std::string last_reason_;
  std::set<std::string> said_;
};

} // namespace sluice::replication
