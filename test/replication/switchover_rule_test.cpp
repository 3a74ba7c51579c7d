#include "replication/switchover_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

constexpr switchover_end gone{};
constexpr switchover_end replica{true, false, true};
constexpr switchover_end confirming{true, true, false};
constexpr switchover_end serving{true, true, true};

switchover_step settle(switchover_end former, switchover_end target) {
  return settle_switchover({former, target, true, true, false});
}

TEST(broken_switchover, is_done_when_the_target_serves_whatever_became_of_the_other) {
  for (auto former : {gone, replica, serving})
    EXPECT_EQ(settle(former, serving), switchover_step::done);
  EXPECT_EQ(settle(replica, confirming), switchover_step::wait);
}

TEST(broken_switchover, changed_nothing_when_the_old_primary_serves_after_the_pause) {
  EXPECT_EQ(settle(serving, replica), switchover_step::unchanged);
  EXPECT_EQ(settle(serving, gone), switchover_step::unchanged);
  EXPECT_EQ(settle_switchover({serving, replica, true, false, false}), switchover_step::wait);
  EXPECT_EQ(settle(confirming, replica), switchover_step::wait);
}

TEST(broken_switchover, goes_on_at_the_target_when_nobody_is_the_primary) {
  EXPECT_EQ(settle(replica, replica), switchover_step::promote_target);
}

TEST(broken_switchover, waits_for_an_old_primary_that_is_down) {
  EXPECT_EQ(settle(gone, replica), switchover_step::wait);
  EXPECT_EQ(settle(gone, gone), switchover_step::wait);
}

TEST(broken_switchover, goes_back_from_a_lost_target_only_with_members) {
  EXPECT_EQ(settle(replica, gone), switchover_step::wait);
  EXPECT_EQ(settle_switchover({replica, gone, true, true, true}), switchover_step::promote_former);
  EXPECT_EQ(settle_switchover({replica, gone, false, true, true}), switchover_step::wait);
}

} // namespace
} // namespace sluice::replication
