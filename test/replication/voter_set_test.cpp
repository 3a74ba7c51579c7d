#include "replication/voter_set.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

lsn mark(const std::string& policy, const voter_set& set) {
  return watermark(policy_of(policy), set);
}

// RedDB scenario 74.
TEST(watermark, of_ack_n_is_the_nth_highest_durable_lsn) {
  auto set = voters_of({voter_at("a", 10), voter_at("b", 30), voter_at("c", 20)}, 100);
  EXPECT_EQ(mark("ack_n=1", set), lsn{30});
  EXPECT_EQ(mark("ack_n=2", set), lsn{20});
  EXPECT_EQ(mark("ack_n=3", set), lsn{10});
  EXPECT_EQ(mark("ack_n=4", set), no_lsn);
}

TEST(watermark, is_never_above_what_the_primary_has_durable) {
  auto set = voters_of({voter_at("a", 50, "eu")}, 40, "p,a");
  for (const auto* policy : {"local", "ack_n=1", "quorum", "regions=eu"})
    EXPECT_EQ(mark(policy, set), lsn{40}) << policy;
}

TEST(watermark, does_not_count_a_replica_that_may_not_vote) {
  auto set = voters_of({voter_at("a", 50, "eu", false), voter_at("b", 20, "us")}, 50, "p,a,b");
  EXPECT_EQ(mark("ack_n=1", set), lsn{20});
  EXPECT_EQ(mark("ack_n=2", set), no_lsn);
  EXPECT_EQ(mark("quorum", set), lsn{20});
  EXPECT_EQ(mark("regions=eu", set), no_lsn);
}

TEST(watermark, of_quorum_counts_members_and_the_primary_only) {
  auto set = voters_of({voter_at("a", 10), voter_at("x", 90), voter_at("y", 90)}, 100, "p,a,b");
  EXPECT_EQ(mark("quorum", set), lsn{10});
  set.declared = members_of("p,a,b,c");
  EXPECT_EQ(mark("quorum", set), no_lsn) << "a majority of four is three";
}

TEST(watermark, of_quorum_of_one_is_the_primary) {
  EXPECT_EQ(mark("quorum", voters_of({}, 7, "p")), lsn{7});
}

TEST(watermark, of_quorum_without_members_is_none) {
  EXPECT_EQ(mark("quorum", voters_of({voter_at("a", 10)}, 10)), no_lsn);
}

// RedDB scenario 87.
TEST(watermark, of_regions_is_the_least_of_the_regions_best) {
  auto set = voters_of({voter_at("u", 50, "us"), voter_at("e", 40, "eu")}, 50);
  EXPECT_EQ(mark("regions=us,eu", set), lsn{40});
  set.voters.push_back(voter_at("e2", 50, "eu"));
  EXPECT_EQ(mark("regions=us,eu", set), lsn{50});
}

TEST(watermark, of_regions_without_a_replica_in_one_is_none) {
  EXPECT_EQ(mark("regions=us,eu", voters_of({voter_at("u", 50, "us")}, 50)), no_lsn);
}

// RedDB scenario 85.
TEST(can_succeed, tells_that_too_few_replicas_are_registered) {
  EXPECT_EQ(can_succeed(policy_of("ack_n=2"), voters_of({}, 9)),
            feasibility(insufficient_replicas{2, 0}));
  auto set = voters_of({voter_at("a", 0), voter_at("b", 0, "", false)}, 9);
  EXPECT_EQ(can_succeed(policy_of("ack_n=2"), set), feasibility(insufficient_replicas{2, 1}));
  set.voters[1].valid = true;
  EXPECT_EQ(can_succeed(policy_of("ack_n=2"), set), feasibility(possible{}));
}

// RedDB scenario 89.
TEST(can_succeed, names_the_regions_without_a_replica) {
  auto set = voters_of({voter_at("u", 0, "us"), voter_at("x", 0, "ap", false)}, 9);
  EXPECT_EQ(can_succeed(policy_of("regions=us,eu,ap"), set),
            feasibility(missing_regions{{"ap", "eu"}}));
  EXPECT_EQ(can_succeed(policy_of("regions=us"), set), feasibility(possible{}));
}

TEST(can_succeed, refuses_quorum_without_members_only) {
  EXPECT_TRUE(std::holds_alternative<unsupported_policy>(
      can_succeed(policy_of("quorum"), voters_of({voter_at("a", 0)}, 9))));
  EXPECT_EQ(can_succeed(policy_of("quorum"), voters_of({}, 9, "p,a,b")), feasibility(possible{}));
}

TEST(can_succeed, holds_for_local_always) {
  EXPECT_EQ(can_succeed(policy_of("local"), voters_of({}, 0)), feasibility(possible{}));
}

// RedDB scenario 75: one replica at 100, a wait for 500.
TEST(missing_for, counts_nobody_when_nobody_has_it) {
  EXPECT_EQ(missing_for(policy_of("ack_n=1"), lsn{500}, voters_of({voter_at("a", 100)}, 600)),
            (vote_count{0, 1, {"a"}}));
}

TEST(missing_for, names_who_is_furthest_behind_first) {
  auto set = voters_of({voter_at("a", 8), voter_at("b", 3), voter_at("c", 9), voter_at("d", 3)}, 9);
  EXPECT_EQ(missing_for(policy_of("ack_n=3"), lsn{9}, set), (vote_count{1, 3, {"b", "d", "a"}}));
}

TEST(missing_for, counts_the_primary_and_unregistered_members_of_a_quorum) {
  auto set = voters_of({voter_at("b", 4), voter_at("x", 9)}, 9, "p,a,b");
  EXPECT_EQ(missing_for(policy_of("quorum"), lsn{9}, set), (vote_count{1, 2, {"a", "b"}}));
}

TEST(missing_for, counts_regions) {
  auto set = voters_of({voter_at("u", 9, "us"), voter_at("e", 4, "eu")}, 9);
  EXPECT_EQ(missing_for(policy_of("regions=us,eu,ap"), lsn{9}, set),
            (vote_count{1, 3, {"ap", "eu"}}));
}

TEST(missing_for, names_a_bounded_number) {
  std::vector<voter> voters;
  for (int i = 0; i < 100; ++i)
    voters.push_back(voter_at("r" + std::to_string(i), 0));
  auto votes = missing_for(policy_of("ack_n=1"), lsn{1}, voters_of(voters, 1));
  EXPECT_EQ(votes.missing.size(), missing_names_max);
}

} // namespace
} // namespace sluice::replication
