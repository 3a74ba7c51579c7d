#include "replication/resume_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

/// A replica on the primary's timeline, whose log is [oldest, durable].
resume_facts facts(std::uint64_t flushed, history_match match, std::uint64_t oldest = 1,
                   std::uint64_t durable = 100) {
  return {lsn{flushed}, timeline_id{2}, match, lsn{oldest}, lsn{durable}, timeline_id{2}};
}

std::string outcome(const resume_facts& x) {
  auto plan = plan_resume(x);
  if (const auto* stream = std::get_if<stream_from>(&plan))
    return "from " + to_string(stream->after);
  const auto& rejected = std::get<resume_rejected>(plan);
  EXPECT_FALSE(rejected.text.empty());
  return to_string(rejected.reason)
         + (rejected.reason == resume_refusal::diverged ? " " + to_string(rejected.agreed_through)
                                                        : "");
}

TEST(plan_resume, streams_after_what_the_replica_has) {
  EXPECT_EQ(outcome(facts(40, history_matches{})), "from 40");
  EXPECT_EQ(outcome(facts(100, history_matches{})), "from 100");
}

TEST(plan_resume, streams_everything_to_an_empty_replica_of_a_whole_log) {
  EXPECT_EQ(outcome(facts(0, position_unknown{})), "from 0");
  EXPECT_EQ(outcome(facts(0, position_unknown{}, 0, 0)), "from 0");
  EXPECT_EQ(outcome(facts(0, position_unknown{}, 1, 0)), "from 0");
}

TEST(plan_resume, never_moves_a_replica_past_records_that_it_lacks) {
  EXPECT_EQ(outcome(facts(0, position_unknown{}, 2)), "needs_snapshot");
  EXPECT_EQ(outcome(facts(10, position_pruned{}, 12)), "needs_snapshot");
  EXPECT_EQ(outcome(facts(10, history_matches{}, 12)), "needs_snapshot");
  EXPECT_EQ(outcome(facts(11, history_matches{}, 12)), "from 11");
}

TEST(plan_resume, asks_for_a_snapshot_when_nothing_can_prove_the_history) {
  EXPECT_EQ(outcome(facts(11, position_pruned{}, 12)), "needs_snapshot");
}

TEST(plan_resume, never_merges_another_history) {
  EXPECT_EQ(outcome(facts(40, history_differs{lsn{30}})), "diverged 30");
  EXPECT_EQ(outcome(facts(40, position_unknown{lsn{20}})), "diverged 20");
}

TEST(plan_resume, tells_a_lost_primary_log_from_a_divergent_tail) {
  auto longer = facts(101, position_unknown{lsn{90}});
  EXPECT_EQ(outcome(longer), "ahead_of_primary");
  longer.replica_timeline = timeline_id{1};
  EXPECT_EQ(outcome(longer), "diverged 90");
}

TEST(plan_resume, follows_a_prefix_whatever_timeline_it_was_written_on) {
  auto old = facts(40, history_matches{});
  old.replica_timeline = timeline_id{1};
  EXPECT_EQ(outcome(old), "from 40");
}

} // namespace
} // namespace sluice::replication
