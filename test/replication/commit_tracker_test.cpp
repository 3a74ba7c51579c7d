#include "replication/commit_tracker.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sluice::replication {
namespace {

using namespace testing;

commit_ticket ticket(std::uint64_t id, std::uint64_t last, const std::string& policy,
                     std::uint64_t deadline = 1000) {
  return {ticket_id{id}, {lsn{last}, lsn{last}}, policy_of(policy), monotonic_ns{deadline}};
}

std::vector<std::uint64_t> ids(const satisfied_commits& commits) {
  std::vector<std::uint64_t> result;
  for (const auto& x : commits)
    result.push_back(x.id.value);
  return result;
}

using id_list = std::vector<std::uint64_t>;

/// Primary `p` with everything through 1000 and voters a, b at 0.
class a_commit : public ::testing::Test {
protected:
  a_commit() : tracker(members_of("p,a,b"), "p") {
    EXPECT_TRUE(tracker.set_primary_durable(lsn{1000}).empty());
    EXPECT_TRUE(tracker.set_voter(voter_at("a", 0, "eu")).empty());
    EXPECT_TRUE(tracker.set_voter(voter_at("b", 0, "us")).empty());
  }

  id_list add(std::uint64_t id, std::uint64_t last, const std::string& policy,
              std::uint64_t deadline = 1000) {
    return ids(tracker.add(ticket(id, last, policy, deadline)));
  }

  id_list vote(const std::string& id, std::uint64_t durable) {
    return ids(tracker.vote(id, lsn{durable}));
  }

  commit_tracker tracker;
};

// RedDB scenario 72: nothing to wait for is answered at once.
TEST_F(a_commit, under_local_is_done_when_the_primary_has_it) {
  EXPECT_EQ(add(1, 1000, "local"), id_list{1});
  EXPECT_EQ(add(2, 1001, "local"), id_list{});
  EXPECT_EQ(ids(tracker.set_primary_durable(lsn{1001})), id_list{2});
}

// RedDB scenario 73: two at 200, wait for 150 by 2.
TEST_F(a_commit, that_is_met_already_is_answered_at_once) {
  vote("a", 200);
  vote("b", 200);
  EXPECT_EQ(add(1, 150, "ack_n=2"), id_list{1});
  EXPECT_EQ(tracker.waiting(), 0u);
}

// RedDB scenario 76.
TEST_F(a_commit, that_waits_is_answered_by_the_vote_that_meets_it) {
  EXPECT_EQ(add(1, 900, "ack_n=1"), id_list{});
  EXPECT_EQ(vote("a", 899), id_list{});
  EXPECT_EQ(vote("a", 900), id_list{1});
  EXPECT_EQ(vote("b", 900), id_list{}) << "one answer for each ticket";
}

// RedDB scenario 77: one replica that acks three times is one replica.
TEST_F(a_commit, counts_distinct_replicas) {
  EXPECT_EQ(add(1, 5, "ack_n=2", 20), id_list{});
  for (auto durable : {5, 6, 7})
    EXPECT_EQ(vote("a", static_cast<std::uint64_t>(durable)), id_list{});
  auto expired = tracker.expire(monotonic_ns{20});
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].outcome, (commit_timeout{{lsn{5}, lsn{5}}, 1, 2, {"b"}}));
}

// RedDB scenario 78.
TEST_F(a_commit, no_longer_counts_a_replica_that_was_removed) {
  vote("a", 100);
  EXPECT_EQ(add(1, 100, "ack_n=2", 20), id_list{});
  tracker.remove_voter("a");
  EXPECT_EQ(vote("b", 100), id_list{});
  EXPECT_EQ(vote("a", 200), id_list{}) << "a late ack does not bring it back";
  auto expired = tracker.expire(monotonic_ns{20});
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].outcome, (commit_timeout{{lsn{100}, lsn{100}}, 1, 2, {}}));
}

// RedDB scenario 79.
TEST_F(a_commit, that_timed_out_is_not_answered_by_a_late_vote) {
  add(1, 10, "ack_n=1", 20);
  EXPECT_EQ(tracker.expire(monotonic_ns{20}).size(), 1u);
  EXPECT_EQ(vote("a", 10), id_list{});
  EXPECT_EQ(add(2, 10, "ack_n=1"), id_list{2});
}

TEST_F(a_commit, ends_at_its_deadline_and_not_before) {
  add(1, 10, "ack_n=1", 30);
  add(2, 11, "ack_n=1", 20);
  EXPECT_EQ(tracker.next_deadline(), monotonic_ns{20});
  EXPECT_TRUE(tracker.expire(monotonic_ns{19}).empty());
  auto expired = tracker.expire(monotonic_ns{30});
  ASSERT_EQ(expired.size(), 2u);
  EXPECT_EQ(expired[0].id, ticket_id{2}) << "oldest deadline first";
  EXPECT_EQ(tracker.next_deadline(), end_of_time);
}

// RedDB scenario 88.
TEST_F(a_commit, under_regions_is_woken_by_the_last_region) {
  EXPECT_EQ(add(1, 75, "regions=eu,us"), id_list{});
  EXPECT_EQ(vote("a", 75), id_list{});
  EXPECT_EQ(vote("b", 75), id_list{1});
}

TEST_F(a_commit, under_regions_is_woken_when_a_replica_moves_there) {
  vote("a", 80);
  EXPECT_EQ(add(1, 75, "regions=ap"), id_list{});
  EXPECT_EQ(ids(tracker.set_voter(voter_at("a", 80, "ap"))), id_list{1});
}

TEST_F(a_commit, under_quorum_needs_one_of_two_other_members) {
  EXPECT_EQ(add(1, 9, "quorum"), id_list{});
  EXPECT_TRUE(tracker.set_voter(voter_at("x", 9)).empty()) << "x is no member";
  EXPECT_EQ(vote("b", 9), id_list{1});
}

// Raft, figure 8: a record of an earlier term, sent again by its producer, is not committed by
// those who have it before a quorum has all with which this term began.
TEST_F(a_commit, under_quorum_waits_for_what_the_term_began_with) {
  tracker.set_term_start(lsn{90});
  vote("a", 89);
  EXPECT_EQ(tracker.current_watermark(policy_quorum{}), no_lsn);
  EXPECT_EQ(add(1, 50, "quorum"), id_list{});
  EXPECT_EQ(add(2, 50, "ack_n=1"), id_list{2}) << "that asks for copies, not for a majority";
  auto expired = tracker.expire(monotonic_ns{1000});
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].outcome.missing, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(add(3, 50, "quorum", 2000), id_list{});
  EXPECT_EQ(vote("a", 90), id_list{3});
  EXPECT_EQ(tracker.current_watermark(policy_quorum{}), lsn{90});
}

TEST_F(a_commit, under_quorum_follows_a_change_of_members) {
  vote("a", 9);
  EXPECT_TRUE(tracker.set_members(members_of("p,a,b,c")).empty());
  EXPECT_EQ(add(1, 9, "quorum"), id_list{});
  EXPECT_EQ(ids(tracker.set_members(members_of("p,a,b"))), id_list{1});
}

TEST_F(a_commit, waits_alone_when_a_vote_does_not_reach_it) {
  for (std::uint64_t i = 1; i <= 5; ++i)
    add(i, i * 10, i % 2 ? "ack_n=1" : "quorum");
  EXPECT_EQ(vote("a", 30), (id_list{1, 2, 3})) << "both policies, in LSN order";
  EXPECT_EQ(tracker.waiting(), 2u);
}

TEST_F(a_commit, of_several_records_waits_for_the_last_of_them) {
  EXPECT_TRUE(
      tracker.add({ticket_id{1}, {lsn{1}, lsn{3}}, policy_ack_n{1}, monotonic_ns{9}}).empty());
  EXPECT_EQ(vote("a", 2), id_list{});
  EXPECT_EQ(vote("a", 3), id_list{1});
}

TEST_F(a_commit, is_not_met_by_a_replica_that_may_not_vote) {
  EXPECT_TRUE(tracker.set_voter(voter_at("a", 0, "eu", false)).empty());
  add(1, 5, "ack_n=1");
  EXPECT_EQ(vote("a", 5), id_list{});
  EXPECT_EQ(ids(tracker.set_voter(voter_at("a", 5, "eu", true))), id_list{1});
}

TEST_F(a_commit, does_not_count_what_a_replica_had_before_it_lost_its_data) {
  vote("a", 100);
  EXPECT_TRUE(tracker.set_voter(voter_at("a", 0, "eu")).empty());
  EXPECT_EQ(add(1, 50, "ack_n=1"), id_list{});
  EXPECT_EQ(vote("a", 49), id_list{});
  EXPECT_EQ(vote("a", 50), id_list{1});
}

TEST(commit_watermark, never_goes_back) {
  commit_tracker tracker{members{}, "p"};
  tracker.set_default_policy(policy_ack_n{1});
  EXPECT_TRUE(tracker.set_primary_durable(lsn{1000}).empty());
  EXPECT_TRUE(tracker.set_voter(voter_at("a", 100)).empty());
  EXPECT_EQ(tracker.commit_watermark(), lsn{100});
  tracker.remove_voter("a");
  EXPECT_EQ(tracker.current_watermark(policy_ack_n{1}), no_lsn);
  EXPECT_EQ(tracker.commit_watermark(), lsn{100});
  tracker.set_default_policy(policy_quorum{});
  EXPECT_EQ(tracker.commit_watermark(), lsn{100});
}

TEST_F(a_commit, beyond_any_primary_position_cannot_be_voted_in) {
  add(1, 1001, "ack_n=1");
  EXPECT_EQ(vote("a", ~std::uint64_t{0}), id_list{});
}

TEST_F(a_commit, is_released_once_with_all_others) {
  add(1, 20, "ack_n=1");
  add(2, 10, "quorum");
  add(3, 15, "regions=eu");
  EXPECT_EQ(ids(tracker.release_all()), (id_list{2, 3, 1}));
  EXPECT_EQ(tracker.waiting(), 0u);
  EXPECT_EQ(vote("a", 100), id_list{});
  EXPECT_TRUE(tracker.expire(end_of_time).empty());
}

TEST_F(a_commit, waits_once_under_one_ticket) {
  add(1, 20, "ack_n=1");
  EXPECT_THROW(add(1, 21, "ack_n=1"), std::logic_error);
}

TEST_F(a_commit, that_is_hopeless_is_known_before_it_waits) {
  EXPECT_EQ(tracker.can_succeed(policy_of("ack_n=3")), feasibility(insufficient_replicas{3, 2}));
  EXPECT_EQ(tracker.can_succeed(policy_of("regions=eu,ap")), feasibility(missing_regions{{"ap"}}));
  EXPECT_EQ(tracker.can_succeed(policy_of("quorum")), feasibility(possible{}));
}

} // namespace
} // namespace sluice::replication
