#include "replication/apply_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

TEST(apply_through, is_bound_by_the_commit_lsn_with_members_only) {
  EXPECT_EQ(apply_through(lsn{9}, lsn{5}, commit_knowledge::bound_by_commit), lsn{5});
  EXPECT_EQ(apply_through(lsn{4}, lsn{5}, commit_knowledge::bound_by_commit), lsn{4});
  EXPECT_EQ(apply_through(lsn{9}, lsn{5}, commit_knowledge::free_of_commit), lsn{9});
}

// RedDB scenario 103.
TEST(judge_apply, goes_on_where_it_stopped) {
  EXPECT_EQ(judge_apply(lsn{5}, lsn{6}, lsn{8}), apply_verdict(apply_records{lsn{5}, lsn{8}}));
  EXPECT_EQ(judge_apply(lsn{6}, lsn{6}, lsn{8}), apply_verdict(apply_records{lsn{6}, lsn{8}}));
  EXPECT_EQ(judge_apply(lsn{8}, lsn{6}, lsn{8}), apply_verdict(already_applied{}));
  EXPECT_EQ(judge_apply(lsn{4}, lsn{6}, lsn{8}), apply_verdict(apply_gap{lsn{5}}));
}

TEST(judge_apply, does_not_take_any_first_lsn_when_nothing_was_applied) {
  EXPECT_EQ(judge_apply(lsn{0}, lsn{6}, lsn{8}), apply_verdict(apply_gap{lsn{1}}));
}

/// The log ends at LSN 10 with digest 77 of term 3.
const log_tail tail{lsn{10}, digest{77}, term{3}};

batch_verdict judge(std::uint64_t first, std::uint64_t last, std::uint64_t previous,
                    std::uint64_t end, std::uint64_t batch_term = 3, std::uint64_t current = 4) {
  return judge_batch(tail, {lsn{first}, lsn{last}, digest{previous}, digest{end}, term{batch_term}},
                     term{current});
}

TEST(judge_batch, appends_what_chains) {
  EXPECT_EQ(judge(11, 12, 77, 88), batch_verdict::append);
  EXPECT_EQ(judge(11, 12, 77, 88, 4), batch_verdict::append);
  EXPECT_EQ(judge(11, 10, 77, 88), batch_verdict::append) << "an empty mark";
}

TEST(judge_batch, knows_what_it_has) {
  EXPECT_EQ(judge(8, 10, 60, 77), batch_verdict::duplicate);
  EXPECT_EQ(judge(11, 10, 60, 77), batch_verdict::duplicate) << "the mark that ends the log";
  EXPECT_EQ(judge(5, 7, 50, 60), batch_verdict::older);
}

TEST(judge_batch, never_writes_past_a_hole) {
  EXPECT_EQ(judge(12, 13, 77, 88), batch_verdict::gap);
}

TEST(judge_batch, never_merges_another_history) {
  EXPECT_EQ(judge(11, 12, 78, 88), batch_verdict::diverged);
  EXPECT_EQ(judge(8, 10, 60, 78), batch_verdict::diverged);
  EXPECT_EQ(judge(9, 12, 60, 88), batch_verdict::diverged);
}

TEST(judge_batch, takes_only_terms_between_its_own_end_and_the_one_it_follows) {
  EXPECT_EQ(judge(11, 12, 77, 88, 2), batch_verdict::older_term);
  EXPECT_EQ(judge(11, 12, 77, 88, 5), batch_verdict::newer_term);
}

TEST(judge_batch, takes_the_unknown_term_of_an_imported_batch_behind_any) {
  EXPECT_EQ(judge(11, 12, 77, 88, 0), batch_verdict::append);
  EXPECT_EQ(judge(11, 12, 78, 88, 0), batch_verdict::diverged);
}

TEST(judge_state, fits_a_log_that_holds_what_comes_next) {
  EXPECT_EQ(judge_state(lsn{0}, lsn{0}, lsn{0}), state_verdict::fits) << "an empty log";
  EXPECT_EQ(judge_state(lsn{0}, lsn{1}, lsn{9}), state_verdict::fits);
  EXPECT_EQ(judge_state(lsn{9}, lsn{1}, lsn{9}), state_verdict::fits);
  EXPECT_EQ(judge_state(lsn{4}, lsn{5}, lsn{9}), state_verdict::fits);
  EXPECT_EQ(judge_state(lsn{9}, lsn{10}, lsn{9}), state_verdict::fits) << "all of it was pruned";
}

TEST(judge_state, finds_a_state_that_the_log_does_not_reach) {
  EXPECT_EQ(judge_state(lsn{3}, lsn{5}, lsn{9}), state_verdict::behind_log);
  EXPECT_EQ(judge_state(lsn{10}, lsn{5}, lsn{9}), state_verdict::past_log);
  EXPECT_EQ(judge_state(lsn{1}, lsn{0}, lsn{0}), state_verdict::past_log);
}

} // namespace
} // namespace sluice::replication
