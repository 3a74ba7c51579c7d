#include "replication/silence_rule.hpp"

namespace sluice::replication {

silence_verdict judge_silence(std::chrono::nanoseconds silent, std::uint64_t bytes_on_their_way,
                              const silence_limits& limits) {
  std::chrono::nanoseconds in_line =
      std::chrono::milliseconds{bytes_on_their_way * 1000 / limits.slowest_link};
  if (silent > limits.give_up_after + in_line)
    return silence_verdict::give_up;
  return silent > limits.ask_after ? silence_verdict::ask : silence_verdict::wait;
}

} // namespace sluice::replication
