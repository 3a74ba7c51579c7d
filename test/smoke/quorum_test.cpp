#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace sluice::testing {
namespace {

TEST(quorum, commits_with_one_of_two_replicas_stopped) {
  node_place place;
  place.start_cluster();
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "a\n").status, 0);
  place.node("r1").process().signal(SIGSTOP);
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "b\nc\n").out, "2\n3\n");
  place.node("r1").process().signal(SIGCONT);
}

TEST(quorum, says_what_is_unknown_when_it_is_not_met_in_time) {
  node_place place;
  place.start_cluster();
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "a\n").status, 0);
  for (const auto* name : {"r1", "r2"})
    place.node(name).process().signal(SIGSTOP);
  auto late = run({"append", "--to", place.address("p1"), "--timeout", "500ms"}, "b\nc\n");
  EXPECT_EQ(late.status, 3);
  EXPECT_EQ(late.out, "");
  auto lines = late.error_lines();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "unknown 2"), 1) << late.errors;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "unknown 3"), 1) << late.errors;
  for (const auto* name : {"r1", "r2"})
    place.node(name).process().signal(SIGCONT);
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "d\n").out, "4\n")
      << "what was unknown was in the log";
}

TEST(regions, commit_when_a_replica_of_each_has_the_record) {
  node_place place;
  place.start_primary("p1");
  auto to = place.address("p1");
  place.start_replica("r1", to, {"--region", "east"});
  place.start_replica("r2", to, {"--region", "west"});
  EXPECT_EQ(run({"append", "--to", to, "--policy", "ack_n=2"}, "a\n").status, 0);
  auto both = run({"append", "--to", to, "--policy", "regions=east,west"}, "b\n");
  EXPECT_EQ(both.out, "2\n") << both.errors;
}

TEST(a_replica, serves_what_is_durable_there) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "ack_n=1"}, "a\nb\n").status,
            0);
  EXPECT_EQ(run({"read", "--from", place.address("r1")}).out, "a\nb\n");
}

} // namespace
} // namespace sluice::testing
