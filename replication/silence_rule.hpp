#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::replication {

struct silence_limits {
  /// Longer than most commits take, and twice the answer fits before it is given up.
  std::chrono::nanoseconds ask_after = std::chrono::seconds{1};
  /// Shorter than the usual timeout of an append, so that what is in flight can still be taken to
  /// another node.
  std::chrono::nanoseconds give_up_after = std::chrono::seconds{3};
  /// Bytes in a second, more than 0: a slower link is taken to be none. 1 Mbit/s.
  std::uint64_t slowest_link = 128 * 1024;
};

enum class silence_verdict : std::uint8_t {
  wait,
  /// Something that a living node answers at once: a commit may take long.
  ask,
  give_up,
};

/// What to do about a node that owes answers and has said nothing for `silent`, while
/// `bytes_on_their_way` to it are unanswered: a question stands in line behind them. TCP alone
/// finds a host that is gone after a quarter of an hour, and a process that has stopped never.
silence_verdict judge_silence(std::chrono::nanoseconds silent, std::uint64_t bytes_on_their_way,
                              const silence_limits& limits = {});

} // namespace sluice::replication
