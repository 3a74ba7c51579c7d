#include "replication/handover_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using std::chrono::milliseconds;

handover_target follower() {
  handover_target target;
  target.id = "r1";
  target.is_known = true;
  target.is_connected = true;
  target.flushed = lsn{90};
  target.lag_bytes = 1000;
  return target;
}

members three() {
  return *members::make({"p", "r1", "r2"});
}

handover_verdict judge(const handover_target& target, const members& declared = {}) {
  return judge_handover(target, declared, lsn{100});
}

TEST(handover, is_possible_to_a_connected_replica_that_is_close) {
  EXPECT_EQ(judge(follower()), handover_verdict{handover_possible{}});
  EXPECT_EQ(judge(follower(), three()), handover_verdict{handover_possible{}});
}

TEST(handover, is_possible_to_a_member_only_where_members_are_declared) {
  auto stranger = follower();
  stranger.id = "r9";
  EXPECT_EQ(judge(stranger), handover_verdict{handover_possible{}});
  EXPECT_EQ(judge(stranger, three()), handover_verdict{handover_to_stranger{}});
}

TEST(handover, is_refused_to_who_does_not_follow) {
  auto unknown = follower();
  unknown.is_known = false;
  EXPECT_EQ(judge(unknown),
            handover_verdict{handover_not_following{handover_obstacle::not_joined}});
  auto away = follower();
  away.is_connected = false;
  EXPECT_EQ(judge(away),
            handover_verdict{handover_not_following{handover_obstacle::not_connected}});
  auto lost = follower();
  lost.slot_valid = false;
  EXPECT_EQ(judge(lost), handover_verdict{handover_not_following{handover_obstacle::slot_lost}});
  auto anew = follower();
  anew.rebootstrapping = true;
  EXPECT_EQ(judge(anew), handover_verdict{handover_not_following{handover_obstacle::starts_over}});
}

TEST(handover, is_refused_with_what_lags_when_the_pause_would_be_long) {
  handover_limits limits;
  auto behind = follower();
  behind.lag_bytes = limits.lag_bytes_max;
  EXPECT_EQ(judge(behind), handover_verdict{handover_possible{}});
  behind.lag_bytes = limits.lag_bytes_max + 1;
  EXPECT_EQ(judge(behind),
            (handover_verdict{handover_too_far_behind{10, limits.lag_bytes_max + 1}}));
}

handover_progress paused_for(milliseconds so_long) {
  return {lsn{100}, so_long, std::nullopt, 0};
}

TEST(paused_log, waits_for_the_target_up_to_its_limit) {
  handover_limits limits;
  EXPECT_EQ(next_handover_step(paused_for(milliseconds{0})), handover_step::wait);
  EXPECT_EQ(next_handover_step(paused_for(limits.catch_up_within - milliseconds{1})),
            handover_step::wait);
  EXPECT_EQ(next_handover_step(paused_for(limits.catch_up_within)), handover_step::give_up);
}

TEST(paused_log, is_handed_over_once_the_target_has_all_and_commits_are_answered) {
  auto complete = paused_for(milliseconds{5});
  complete.complete_for = milliseconds{0};
  EXPECT_EQ(next_handover_step(complete), handover_step::hand_over);
}

TEST(paused_log, waits_a_moment_for_commits_that_wait_for_others) {
  handover_limits limits;
  auto complete = paused_for(milliseconds{5});
  complete.commits_waiting = 3;
  complete.complete_for = milliseconds{0};
  EXPECT_EQ(next_handover_step(complete), handover_step::wait);
  complete.complete_for = limits.commits_within;
  EXPECT_EQ(next_handover_step(complete), handover_step::hand_over);
}

TEST(paused_log, that_the_target_has_is_not_given_up_for_its_age) {
  handover_limits limits;
  auto late = paused_for(limits.catch_up_within + milliseconds{1});
  late.complete_for = milliseconds{1};
  EXPECT_EQ(next_handover_step(late), handover_step::hand_over);
}

} // namespace
} // namespace sluice::replication
