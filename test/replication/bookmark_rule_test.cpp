#include "replication/bookmark_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {

namespace {

constexpr bookmark applied{timeline_id{2}, term{5}, lsn{100}};

TEST(judge_bookmark, serves_what_is_applied) {
  EXPECT_EQ(judge_bookmark({timeline_id{2}, term{5}, lsn{100}}, applied), bookmark_verdict::serve);
  EXPECT_EQ(judge_bookmark({timeline_id{2}, term{5}, lsn{101}}, applied), bookmark_verdict::wait);
}

TEST(judge_bookmark, does_not_look_at_the_term) {
  EXPECT_EQ(judge_bookmark({timeline_id{2}, term{9}, lsn{99}}, applied), bookmark_verdict::serve);
}

TEST(judge_bookmark, takes_timeline_0_for_that_of_the_node) {
  EXPECT_EQ(judge_bookmark({{}, {}, lsn{100}}, applied), bookmark_verdict::serve);
  EXPECT_EQ(judge_bookmark({{}, {}, lsn{101}}, applied), bookmark_verdict::wait);
}

TEST(judge_bookmark, never_serves_another_timeline) {
  EXPECT_EQ(judge_bookmark({timeline_id{1}, term{5}, lsn{1}}, applied),
            bookmark_verdict::other_timeline);
  EXPECT_EQ(judge_bookmark({timeline_id{3}, term{5}, lsn{1}}, applied),
            bookmark_verdict::other_timeline);
}

} // namespace

} // namespace sluice::replication
