#include "replication/history_proof.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

TEST(positions_to_prove, reach_back_from_the_end_ever_further) {
  EXPECT_EQ(positions_to_prove(lsn{1}, lsn{2000}),
            (std::vector{lsn{976}, lsn{1744}, lsn{1936}, lsn{1984}, lsn{2000}}));
  EXPECT_EQ(positions_to_prove(lsn{1901}, lsn{2000}),
            (std::vector{lsn{1900}, lsn{1936}, lsn{1984}, lsn{2000}}));
  EXPECT_EQ(positions_to_prove(lsn{1}, lsn{3}), (std::vector{lsn{3}}));
}

TEST(positions_to_prove, are_none_of_an_empty_log_and_one_of_a_log_that_begins_late) {
  EXPECT_TRUE(positions_to_prove(lsn{1}, no_lsn).empty());
  EXPECT_EQ(positions_to_prove(lsn{50}, lsn{49}), (std::vector{lsn{49}}));
}

TEST(positions_to_prove, name_where_the_timelines_began_that_the_log_still_reaches) {
  EXPECT_EQ(positions_to_prove(lsn{51}, lsn{100}, {no_lsn, lsn{20}, lsn{60}, lsn{84}, lsn{100}}),
            (std::vector{lsn{50}, lsn{60}, lsn{84}, lsn{100}}));
}

TEST(positions_to_prove, name_the_newest_of_many_timelines) {
  std::vector<lsn> forks;
  for (std::uint64_t i = 1; i <= 1000; ++i)
    forks.push_back(lsn{i});
  auto positions = positions_to_prove(lsn{1}, lsn{2000}, forks);
  EXPECT_LE(positions.size(), 58u);
  EXPECT_EQ(std::count(positions.begin(), positions.end(), lsn{1000}), 1);
  EXPECT_EQ(std::count(positions.begin(), positions.end(), lsn{976}), 1);
}

TEST(positions_to_prove, stay_few_for_the_longest_log) {
  auto positions = positions_to_prove(lsn{1}, lsn{UINT64_MAX});
  EXPECT_LE(positions.size(), 34u);
  EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
}

using verdict = point_verdict;

TEST(match_of, is_decided_by_the_last_point) {
  EXPECT_EQ(match_of({}), history_match{history_matches{}});
  EXPECT_EQ(match_of({{lsn{3}, verdict::pruned}, {lsn{9}, verdict::same}}),
            history_match{history_matches{}});
  EXPECT_EQ(match_of({{lsn{3}, verdict::pruned}, {lsn{9}, verdict::pruned}}),
            history_match{position_pruned{}});
}

TEST(match_of, says_how_far_both_agree) {
  EXPECT_EQ(match_of({{lsn{3}, verdict::pruned},
                      {lsn{5}, verdict::same},
                      {lsn{7}, verdict::differs},
                      {lsn{9}, verdict::past_end}}),
            (history_match{history_differs{lsn{5}, lsn{7}}}));
  EXPECT_EQ(match_of({{lsn{5}, verdict::same}, {lsn{9}, verdict::past_end}}),
            (history_match{position_unknown{lsn{5}, lsn{9}}}));
  EXPECT_EQ(match_of({{lsn{5}, verdict::differs}}),
            (history_match{history_differs{no_lsn, lsn{5}}}));
}

} // namespace
} // namespace sluice::replication
