#include <sluice/outcome.hpp>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr lsn_range one{lsn{7}, lsn{7}};
constexpr lsn_range three{lsn{7}, lsn{9}};

TEST(append_outcome, tells_where_a_commit_stands) {
  EXPECT_EQ(to_string(committed{one, term{2}, timeline_id{1}}), "committed 7 term=2 timeline=1");
  EXPECT_EQ(to_string(committed{three, term{2}, timeline_id{1}}),
            "committed 7..9 term=2 timeline=1");
}

TEST(append_outcome, never_calls_a_timeout_a_failure) {
  EXPECT_EQ(to_string(commit_timeout{one, 1, 3, {"a", "b"}}),
            "commit_timeout 7: durable on the primary and counted on 1 of 3, it may still commit; "
            "missing: a, b");
}

TEST(append_outcome, tells_the_position_of_an_unknown_outcome_when_there_is_one) {
  EXPECT_EQ(to_string(outcome_unknown{{}, "link lost"}), "outcome_unknown: link lost");
  EXPECT_EQ(to_string(outcome_unknown{three, "deposed"}), "outcome_unknown 7..9: deposed");
}

TEST(append_outcome, tells_the_next_lsn_of_a_mismatch_only) {
  EXPECT_EQ(to_string(append_failed{errc::lsn_mismatch, "", lsn{5}}), "lsn_mismatch next=5");
  EXPECT_EQ(to_string(append_failed{errc::no_space, "disk full", {}}), "no_space: disk full");
}

} // namespace
} // namespace sluice
