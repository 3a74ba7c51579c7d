#include "replication/backoff.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr auto most_random = ~std::uint64_t{0};

TEST(next_delay, doubles_to_the_limit) {
  std::vector<nanoseconds> shortest;
  for (std::uint32_t attempt = 1; attempt <= 10; ++attempt)
    shortest.push_back(next_delay(attempt, 0));
  std::vector<nanoseconds> expected;
  for (auto ms : {5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000})
    expected.push_back(milliseconds{ms});
  EXPECT_EQ(shortest, expected);
}

TEST(next_delay, stays_between_half_and_whole) {
  for (std::uint32_t attempt = 1; attempt <= 64; ++attempt)
    for (auto random : {std::uint64_t{0}, std::uint64_t{12'345'678'901}, most_random}) {
      auto delay = next_delay(attempt, random);
      EXPECT_GE(delay, milliseconds{5});
      EXPECT_LE(delay, std::chrono::seconds{2});
      EXPECT_GE(delay * 2, next_delay(attempt, 0) * 2);
      EXPECT_LE(delay, next_delay(attempt, 0) * 2);
    }
}

TEST(next_delay, spreads_those_that_failed_together) {
  EXPECT_NE(next_delay(5, 1), next_delay(5, 2));
}

TEST(next_delay, does_not_wrap_at_huge_limits_or_attempts) {
  backoff_limits huge{nanoseconds{1}, nanoseconds::max()};
  EXPECT_EQ(next_delay(most_random & 0xffffffff, 0, huge), nanoseconds::max() / 2);
  EXPECT_GT(next_delay(80, most_random, huge), nanoseconds{0});
}

TEST(next_delay, treats_attempt_zero_as_the_first) {
  EXPECT_EQ(next_delay(0, 0), next_delay(1, 0));
}

} // namespace
} // namespace sluice::replication
