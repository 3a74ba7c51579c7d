#include "replication/confirm_rule.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

/// Primary `p` in term 5 whose history ends at LSN 100 of term 4.
const starting_primary primary{"p", term{5}, {term{4}, lsn{100}}};

member_report report(const std::string& id, std::uint64_t current, std::uint64_t last_term,
                     std::uint64_t flushed, bool matches = true) {
  return {id, term{current}, {term{last_term}, lsn{flushed}}, matches};
}

confirmation judge(const std::string& declared, const std::vector<member_report>& reports) {
  return judge_confirmation(members_of(declared), primary, reports);
}

TEST(judge_confirmation, needs_nobody_without_members) {
  EXPECT_EQ(judge("", {}), confirmation(confirmed{}));
  EXPECT_EQ(judge("p", {}), confirmation(confirmed{}));
}

TEST(judge_confirmation, waits_for_a_majority_and_says_for_whom) {
  EXPECT_EQ(judge("p,a,b", {}), confirmation(confirmation_waiting{1, 2, {"a", "b"}}));
  EXPECT_EQ(judge("p,a,b,c", {report("b", 5, 4, 100)}),
            confirmation(confirmation_waiting{2, 3, {"a", "c"}}));
  EXPECT_EQ(judge("p,a,b", {report("b", 5, 4, 100)}), confirmation(confirmed{}));
}

TEST(judge_confirmation, takes_a_member_that_has_not_heard_of_the_term) {
  EXPECT_EQ(judge("p,a,b", {report("a", 2, 2, 10)}), confirmation(confirmed{}));
}

TEST(judge_confirmation, is_fenced_by_one_higher_term) {
  EXPECT_EQ(
      judge("p,a,b,c,d", {report("a", 5, 4, 100), report("b", 5, 4, 100), report("d", 6, 1, 1)}),
      confirmation(confirmation_fenced{"d", term{6}}));
}

TEST(judge_confirmation, is_stopped_by_a_member_that_has_more) {
  EXPECT_EQ(judge("p,a,b", {report("a", 5, 4, 101)}),
            confirmation(confirmation_behind{"a", {term{4}, lsn{101}}}));
  EXPECT_EQ(judge("p,a,b", {report("a", 5, 5, 3)}),
            confirmation(confirmation_behind{"a", {term{5}, lsn{3}}}));
}

TEST(judge_confirmation, is_not_stopped_by_the_longer_tail_of_an_older_term) {
  EXPECT_EQ(judge("p,a,b", {report("a", 5, 3, 500, false), report("b", 5, 4, 100)}),
            confirmation(confirmed{}));
}

TEST(judge_confirmation, does_not_count_a_member_of_another_history) {
  EXPECT_EQ(judge("p,a,b", {report("a", 5, 3, 500, false)}),
            confirmation(confirmation_waiting{1, 2, {"a", "b"}}));
}

TEST(judge_confirmation, does_not_take_the_word_of_a_member_without_a_history) {
  EXPECT_EQ(judge("p,a,b", {report("a", 0, 0, 0)}),
            confirmation(confirmation_waiting{1, 2, {"a", "b"}}));
  EXPECT_EQ(judge("p,a,b", {report("a", 0, 0, 0), report("b", 0, 0, 0)}),
            confirmation(confirmed{}));
  starting_primary fresh{"p", term{1}, {}};
  EXPECT_EQ(judge_confirmation(members_of("p,a,b"), fresh, {report("a", 0, 0, 0)}),
            confirmation(confirmed{}));
}

TEST(judge_confirmation, counts_members_once_and_others_never) {
  EXPECT_EQ(judge("p,a,b,c", {report("a", 5, 4, 9), report("a", 5, 4, 9), report("x", 9, 9, 999),
                              report("p", 9, 9, 999)}),
            confirmation(confirmation_waiting{2, 3, {"b", "c"}}));
}

} // namespace
} // namespace sluice::replication
