#include "replication/rival_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

const std::vector<timeline_entry> history{
    {timeline_id{1}, {}, {}, {}, term{1}, ""},
    {timeline_id{7}, timeline_id{1}, lsn{50}, {}, term{7}, "a"}};

std::string rival(const std::string& primary, std::uint64_t current, std::uint64_t own,
                  std::uint64_t granted = 0, const std::string& granted_to = {},
                  bool has_members = false) {
  return rival_of(primary, term{current},
                  {term{granted}, granted_to, term{own}, history, has_members});
}

TEST(rival_of, is_who_was_granted_the_term) {
  EXPECT_EQ(rival("b", 9, 7, 9, "a"), "a");
  EXPECT_EQ(rival("a", 9, 7, 9, "a"), "");
  EXPECT_EQ(rival("b", 10, 7, 9, "a"), "");
}

TEST(rival_of, is_nobody_where_the_majority_elected_another_one_than_this_node) {
  EXPECT_EQ(rival("b", 9, 7, 9, "a", true), "");
  EXPECT_EQ(rival("b", 7, 7, 7, "a", true), "a") << "it has followed a";
}

TEST(rival_of, is_nobody_for_a_term_that_was_only_heard_of) {
  EXPECT_EQ(rival("b", 9, 7, 9, ""), "");
}

TEST(rival_of, is_who_was_followed_in_the_term) {
  EXPECT_EQ(rival("b", 7, 7), "a");
  EXPECT_EQ(rival("a", 7, 7), "");
  EXPECT_EQ(rival("b", 8, 7), "");
}

TEST(rival_of, is_nobody_where_no_name_was_kept) {
  EXPECT_EQ(rival("b", 1, 1), "");
}

rival_verdict judge(const std::string& own, std::uint64_t own_term, const std::string& seen,
                    std::uint64_t seen_term, bool has_members = false) {
  return judge_rival({own, term{own_term}}, {seen, term{seen_term}}, has_members);
}

TEST(judge_rival, yields_to_a_higher_term_with_members_or_without) {
  EXPECT_EQ(judge("a", 7, "b", 8), rival_verdict::deposed);
  EXPECT_EQ(judge("a", 7, "b", 8, true), rival_verdict::deposed);
  EXPECT_EQ(judge("a", 7, "b", 6), rival_verdict::none);
}

TEST(judge_rival, ends_one_of_two_primaries_of_a_term_by_its_name) {
  EXPECT_EQ(judge("a", 7, "b", 7), rival_verdict::outlasts);
  EXPECT_EQ(judge("b", 7, "a", 7), rival_verdict::yields);
}

TEST(judge_rival, sees_none_in_itself_nor_in_nobody) {
  EXPECT_EQ(judge("a", 7, "a", 7), rival_verdict::none);
  EXPECT_EQ(judge("a", 7, "", 7), rival_verdict::none);
}

TEST(judge_rival, leaves_it_to_the_majority_where_there_are_members) {
  EXPECT_EQ(judge("b", 7, "a", 7, true), rival_verdict::none);
}

} // namespace
} // namespace sluice::replication
