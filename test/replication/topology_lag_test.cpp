#include "replication/topology_lag.hpp"

#include <gtest/gtest.h>

/// How a position becomes a lag in seconds and bytes.
namespace sluice::replication::testing {
namespace {

using std::chrono::seconds;

monotonic_ns at(std::int64_t second) {
  return later(monotonic_ns{0}, seconds{second});
}

/// A log whose records are `bytes` each, through `durable`.
durable_point log_of(std::uint64_t durable, std::uint64_t bytes = 10) {
  return {lsn{durable}, durable * bytes, 0};
}

TEST(durable_history, knows_no_lag_of_who_has_everything) {
  durable_history log;
  EXPECT_EQ(log.age_after(lsn{0}, at(9)), seconds{0});
  log.note(log_of(5), at(1));
  EXPECT_EQ(log.age_after(lsn{5}, at(9)), seconds{0});
  EXPECT_EQ(log.bytes_after(lsn{5}), 0u);
}

TEST(durable_history, counts_from_the_first_record_that_is_missing) {
  durable_history log;
  log.note(log_of(0), at(0));
  log.note(log_of(5), at(1));
  log.note(log_of(9), at(4));
  EXPECT_EQ(log.age_after(lsn{4}, at(10)), seconds{9});
  EXPECT_EQ(log.age_after(lsn{5}, at(10)), seconds{6});
  EXPECT_EQ(log.bytes_after(lsn{4}), 50u);
  EXPECT_EQ(log.bytes_after(lsn{7}), 20u);
}

TEST(durable_history, does_not_age_while_nothing_is_appended) {
  durable_history log;
  log.note(log_of(5), at(1));
  for (int second = 2; second < 100; ++second)
    log.note(log_of(5), at(second));
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(log.age_after(lsn{5}, at(100)), seconds{0});
}

TEST(durable_history, estimates_bytes_of_records_from_before_it_began) {
  durable_history log;
  log.note({lsn{100}, 0, 7}, at(0));
  log.note({lsn{110}, 300, 7}, at(1));
  EXPECT_EQ(log.bytes_after(lsn{90}), 70u + 300u);
}

TEST(durable_history, of_unlike_records_is_right_at_each_sample) {
  durable_history log;
  log.note({lsn{0}, 0, 0}, at(0));
  log.note({lsn{10}, 1000, 0}, at(1));
  log.note({lsn{20}, 1010, 0}, at(2));
  EXPECT_EQ(log.bytes_after(lsn{10}), 10u);
  EXPECT_EQ(log.bytes_after(lsn{5}), 510u);
}

TEST(durable_history, that_is_full_reaches_as_far_back_and_never_makes_younger) {
  durable_history full{16};
  durable_history all{100'000};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    full.note(log_of(i), at(static_cast<std::int64_t>(i)));
    all.note(log_of(i), at(static_cast<std::int64_t>(i)));
    ASSERT_LE(full.size(), 16u);
  }
  for (std::uint64_t through = 0; through < 1000; through += 7) {
    EXPECT_GE(full.age_after(lsn{through}, at(2000)), all.age_after(lsn{through}, at(2000)));
    EXPECT_EQ(full.bytes_after(lsn{through}), all.bytes_after(lsn{through}));
  }
  EXPECT_EQ(full.age_after(lsn{998}, at(2000)), seconds{1001});
}

TEST(durable_history, that_forgets_still_knows_a_lower_bound_for_who_comes_with_nothing) {
  durable_history log;
  for (std::uint64_t i = 0; i <= 100; ++i)
    log.note(log_of(i), at(static_cast<std::int64_t>(i)));
  log.forget_before(lsn{90});
  EXPECT_EQ(log.size(), 12u);
  EXPECT_EQ(log.age_after(lsn{90}, at(200)), seconds{109});
  EXPECT_EQ(log.bytes_after(lsn{90}), 100u);
  EXPECT_EQ(log.age_after(lsn{0}, at(200)), seconds{199});
  EXPECT_EQ(log.bytes_after(lsn{0}), 1000u);
}

} // namespace
} // namespace sluice::replication::testing
