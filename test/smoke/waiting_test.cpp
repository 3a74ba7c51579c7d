#include "test/support/process.hpp"

#include <gtest/gtest.h>

namespace sluice::testing {
namespace {

TEST(read_wait_lsn, answers_once_the_replica_has_it) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "a\nb\n").status, 0);
  for (const auto* name : {"p1", "r1"}) {
    auto read = run({"read", "--from", place.address(name), "--wait-lsn", "2", "--after", "1"});
    EXPECT_EQ(read.status, 0) << read.errors;
    EXPECT_EQ(read.out, "b\n");
  }
}

TEST(read_wait_lsn, that_is_not_there_in_time_exits_3_and_names_the_primary) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  auto read = run({"read", "--from", place.address("r1"), "--wait-lsn", "9", "--timeout", "300ms"});
  EXPECT_EQ(read.status, 3) << read.errors;
  EXPECT_TRUE(read.errors_mention(place.address("p1"))) << read.errors;
  EXPECT_EQ(read.out, "");
  EXPECT_EQ(
      run({"read", "--from", place.address("p1"), "--wait-lsn", "9", "--timeout", "300ms"}).status,
      3);
}

TEST(policy_set, is_used_at_once_and_kept_through_a_restart) {
  node_place place;
  place.start_primary("p1");
  auto set = run({"policy", "set", "ack_n=1", "--of", place.address("p1")});
  EXPECT_EQ(set.status, 0) << set.errors;
  EXPECT_EQ(place.status("p1")["policy"], "ack_n=1");
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "local"}, "x\n").status, 5);
  EXPECT_EQ(run({"policy", "set", "quorum", "--of", place.address("p1")}).status, 5);
  EXPECT_EQ(run({"policy", "set", "nonsense", "--of", place.address("p1")}).status, 2);
  place.node("p1").kill();
  place.start_primary("p1");
  EXPECT_EQ(place.status("p1")["policy"], "ack_n=1");
  place.node("p1").kill();
  place.start_primary("p1", {"--policy", "local"});
  EXPECT_EQ(place.status("p1")["policy"], "local");
  EXPECT_NE(place.log_of("p1").find("ack_n=1"), std::string::npos) << "the conflict is told";
}

TEST(policy_set, at_a_replica_is_refused) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  EXPECT_EQ(run({"policy", "set", "ack_n=1", "--of", place.address("r1")}).status, 5);
}

} // namespace
} // namespace sluice::testing
