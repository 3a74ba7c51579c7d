#include "tools/latency_histogram.hpp"

#include <gtest/gtest.h>

namespace sluice::tools {
namespace {

using namespace std::chrono_literals;

TEST(latency_histogram, without_durations_has_no_quantiles) {
  EXPECT_EQ(latency_histogram{}.quantile_us(0.5), 0);
}

TEST(latency_histogram, is_right_within_a_thirty_second) {
  for (auto value : {1ns, 31ns, 32ns, 1'000ns, 123'456ns, 7'000'000'000ns}) {
    latency_histogram histogram;
    histogram.add(value);
    auto found = histogram.quantile_us(0.5) * 1000;
    auto expected = static_cast<double>(value.count());
    EXPECT_GE(found, expected);
    EXPECT_LE(found, expected * 33 / 32 + 1);
  }
}

TEST(latency_histogram, tells_quantiles_of_all_that_was_merged) {
  latency_histogram fast;
  latency_histogram slow;
  for (int i = 0; i < 99; ++i)
    fast.add(100us);
  slow.add(10ms);
  fast.merge(slow);
  EXPECT_EQ(fast.count(), 100u);
  EXPECT_NEAR(fast.quantile_us(0.99), 100, 4);
  EXPECT_NEAR(fast.quantile_us(1), 10'000, 400);
}

} // namespace
} // namespace sluice::tools
