#include "replication/outage_log.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

TEST(outage_log, has_one_beginning_and_one_end) {
  outage_log log;
  EXPECT_EQ(log.failed("refused", monotonic_ns{100}), outage_news::began);
  EXPECT_EQ(log.failed("refused", monotonic_ns{200}), outage_news::goes_on);
  EXPECT_TRUE(log.is_out());
  EXPECT_EQ(log.succeeded(monotonic_ns{350}),
            (ended_outage{std::chrono::nanoseconds{250}, 2, "refused"}));
  EXPECT_EQ(log.succeeded(monotonic_ns{360}), std::nullopt);
  EXPECT_FALSE(log.is_out());
}

TEST(outage_log, tells_when_the_reason_changes) {
  outage_log log;
  EXPECT_EQ(log.succeeded(monotonic_ns{1}), std::nullopt);
  EXPECT_EQ(log.failed("refused", monotonic_ns{1}), outage_news::began);
  EXPECT_EQ(log.failed("diverged", monotonic_ns{2}), outage_news::changed);
  EXPECT_EQ(log.failed("diverged", monotonic_ns{3}), outage_news::goes_on);
}

TEST(outage_log, says_each_reason_once_however_they_alternate) {
  outage_log log;
  EXPECT_EQ(log.failed("refused", monotonic_ns{1}), outage_news::began);
  EXPECT_EQ(log.failed("unreachable", monotonic_ns{2}), outage_news::changed);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(log.failed("refused", monotonic_ns{3}), outage_news::goes_on);
    EXPECT_EQ(log.failed("unreachable", monotonic_ns{4}), outage_news::goes_on);
  }
  EXPECT_EQ(log.succeeded(monotonic_ns{5})->failures, 22u);
}

TEST(outage_log, that_hears_of_ever_new_reasons_says_the_first_of_them) {
  outage_log log;
  std::size_t said = 0;
  for (std::size_t i = 0; i < 1000; ++i)
    said += log.failed(std::to_string(i), monotonic_ns{i}) == outage_news::goes_on ? 0 : 1;
  EXPECT_EQ(said, outage_log::reasons_max);
}

TEST(outage_log, begins_anew_after_an_end) {
  outage_log log;
  EXPECT_EQ(log.failed("refused", monotonic_ns{1}), outage_news::began);
  log.succeeded(monotonic_ns{2});
  EXPECT_EQ(log.failed("refused", monotonic_ns{9}), outage_news::began);
  EXPECT_EQ(log.failures(), 1u);
}

TEST(monotonic_time, neither_wraps_nor_goes_back) {
  EXPECT_EQ(later(end_of_time, std::chrono::hours{1}), end_of_time);
  EXPECT_EQ(later(monotonic_ns{5}, std::chrono::nanoseconds{-3}), monotonic_ns{5});
  EXPECT_EQ(elapsed(monotonic_ns{9}, monotonic_ns{5}), std::chrono::nanoseconds{0});
}

} // namespace
} // namespace sluice::replication
