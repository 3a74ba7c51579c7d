#include "replication/branch_end.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

/// Timeline 4 left timeline 1 behind LSN 50; timeline 7 left 4 behind LSN 90.
const std::vector<timeline_fork> history{{timeline_id{1}, {}, {}},
                                         {timeline_id{4}, timeline_id{1}, lsn{50}},
                                         {timeline_id{7}, timeline_id{4}, lsn{90}}};

history_end within(std::uint64_t timeline, std::uint64_t flushed) {
  return end_within(history, timeline_id{timeline}, {term{timeline}, lsn{flushed}});
}

history_end at(std::uint64_t last_term, std::uint64_t flushed) {
  return {term{last_term}, lsn{flushed}};
}

TEST(end_within, is_the_fork_for_who_went_on_behind_it) {
  EXPECT_EQ(within(1, 51), at(0, 50));
  EXPECT_EQ(within(4, 200), at(0, 90));
}

TEST(end_within, is_its_own_for_who_stopped_before_the_fork) {
  EXPECT_EQ(within(1, 50), at(1, 50));
  EXPECT_EQ(within(4, 90), at(4, 90));
}

TEST(end_within, is_its_own_on_the_newest_timeline_and_on_one_that_is_not_known_yet) {
  EXPECT_EQ(within(7, 500), at(7, 500));
  EXPECT_EQ(within(9, 500), at(9, 500));
}

TEST(end_within, of_a_timeline_that_was_passed_over_is_nothing) {
  EXPECT_EQ(within(5, 60), at(0, 0));
}

TEST(end_within, is_its_own_where_no_timelines_are_known) {
  EXPECT_EQ(end_within({}, timeline_id{1}, at(1, 51)), at(1, 51));
}

} // namespace
} // namespace sluice::replication
