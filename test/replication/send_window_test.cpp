#include "replication/send_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sluice::replication {
namespace {

TEST(send_window, lets_one_batch_of_any_size_out) {
  send_window window{10};
  EXPECT_TRUE(window.may_send(1000));
  window.sent(lsn{1}, 1000);
  EXPECT_FALSE(window.may_send(0));
  window.acked(lsn{1});
  EXPECT_TRUE(window.may_send(1000));
}

TEST(send_window, fills_to_the_brim_and_not_beyond) {
  send_window window{10};
  window.sent(lsn{1}, 6);
  EXPECT_TRUE(window.may_send(4));
  EXPECT_FALSE(window.may_send(5));
}

TEST(send_window, takes_cumulative_acks_and_forgets_nothing_that_is_out) {
  send_window window{100};
  window.sent(lsn{3}, 10);
  window.sent(lsn{6}, 20);
  window.sent(lsn{9}, 30);
  window.acked(lsn{5});
  EXPECT_EQ(window.in_flight_bytes(), 50u) << "a batch is acked by its last LSN";
  window.acked(lsn{2});
  EXPECT_EQ(window.in_flight_bytes(), 50u);
  window.acked(lsn{9});
  EXPECT_EQ(window.in_flight_bytes(), 0u);
}

TEST(send_window, is_empty_after_a_reset) {
  send_window window{100};
  window.sent(lsn{3}, 10);
  window.reset(lsn{1});
  EXPECT_EQ(window.in_flight_bytes(), 0u);
  EXPECT_EQ(window.sent_through(), lsn{1});
}

TEST(send_window, never_holds_more_than_the_window_or_one_batch) {
  auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  send_window window{1000};
  lsn last;
  for (int i = 0; i < 10'000; ++i) {
    std::size_t bytes = 1 + random() % 1500;
    if (window.may_send(bytes)) {
      last = next(last);
      window.sent(last, bytes);
      ASSERT_LE(window.in_flight_bytes(), std::max<std::size_t>(1000, bytes));
    } else {
      window.acked(lsn{last.value - random() % 3});
    }
  }
}

TEST(send_window, is_not_opened_by_an_ack_of_what_was_never_sent) {
  send_window window{100};
  window.sent(lsn{1}, 100);
  window.acked(lsn{UINT64_MAX});
  EXPECT_EQ(window.in_flight_bytes(), 100u);
  window.acked(lsn{1});
  EXPECT_EQ(window.in_flight_bytes(), 0u);
}

} // namespace
} // namespace sluice::replication
