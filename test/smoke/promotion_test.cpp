#include "test/smoke/promotion_fixture.hpp"

#include <csignal>
#include <future>
#include <thread>

/// A cluster whose primary is lost, replaced and comes back, with real processes.
namespace sluice::testing {
namespace {

struct promotion : promotion_fixture {};

TEST_F(promotion, of_a_member_replaces_a_dead_primary_which_comes_back_as_a_replica) {
  place.start_cluster();
  append("p1", "100");
  auto listen = place.node("p1").listening();
  place.node("p1").kill();
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  EXPECT_EQ(place.status("r1")["term"], 2);
  append("r1", "20");
  ASSERT_TRUE(follows("r2", 120));
  place.start_primary_at(listen, "p1");
  ASSERT_TRUE(follows("p1", 120));
  expect_same_logs({"p1", "r1", "r2"});
}

TEST_F(promotion, outlives_a_restart_of_everybody) {
  place.start_cluster();
  append("p1", "10");
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  ASSERT_TRUE(follows("p1", 10));
  auto listen = place.node("r1").listening();
  auto old = place.node("p1").listening();
  place.node("p1").kill();
  place.node("r1").kill();
  // Each under the command that it was first started with.
  place.start_primary_at(old, "p1");
  place.start_replica_at(listen, "r1", to_string(old));
  ASSERT_TRUE(serves("r1"));
  append("r1", "5");
  EXPECT_TRUE(follows("p1", 15));
}

TEST_F(promotion, without_a_majority_is_refused_and_forced_only_by_name) {
  place.start_cluster();
  append("p1", "10");
  place.node("p1").kill();
  place.node("r2").kill();
  EXPECT_EQ(promote("r1"), 5);
  EXPECT_EQ(place.status("r1")["term"], 1);
  EXPECT_EQ(promote("r1", {"--required-lsn", "11", "--force"}), 0);
}

TEST_F(promotion, of_a_node_that_lacks_what_was_asked_for_is_refused) {
  place.start_cluster();
  append("p1", "10");
  EXPECT_EQ(promote("r1", {"--required-lsn", "11"}), 5);
  append("p1", "1");
}

TEST_F(promotion, that_is_only_planned_changes_nothing) {
  place.start_cluster();
  append("p1", "10");
  auto planned = run({"promote", "--node", place.address("r1"), "--plan"});
  EXPECT_EQ(planned.status, 0);
  for (const auto* node : {"node=r1 ", "node=r2 ", "node=p1 "})
    EXPECT_NE(planned.out.find(node), std::string::npos) << planned.out;
  append("p1", "10");
  EXPECT_EQ(place.status("p1")["term"], 1);
}

TEST_F(promotion, of_two_at_once_makes_at_most_one_of_a_term) {
  place.start_cluster();
  append("p1", "10");
  place.node("p1").kill();
  auto one = std::async(std::launch::async, [&] { return promote("r1"); });
  auto two = std::async(std::launch::async, [&] { return promote("r2"); });
  one.get();
  two.get();
  auto first = seen_of("r1");
  auto second = seen_of("r2");
  EXPECT_FALSE(first["role"] == "primary" && second["role"] == "primary"
               && first["term"] == second["term"]);
  // They may have raised the term past each other: then the next word of an operator decides.
  // Whoever took office before is ahead, and is the one that the refusal of the other names.
  EXPECT_TRUE(comes_true([&] {
    return is_serving("r1") || is_serving("r2") || (promote("r1") == 0 && serves("r1"))
           || (promote("r2") == 0 && serves("r2"));
  })) << place.log_of("r1")
      << place.log_of("r2");
  EXPECT_FALSE(is_serving("r1") && is_serving("r2"));
}

TEST_F(promotion, leaves_a_frozen_primary_that_thaws_acknowledging_nothing) {
  place.start_cluster();
  append("p1", "10");
  place.node("p1").process().signal(SIGSTOP);
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  std::vector<std::future<int>> clients;
  for (int i = 0; i < 10; ++i)
    clients.push_back(std::async(std::launch::async, [&] {
      return run({"append", "--to", place.address("p1"), "--no-follow", "--timeout", "5s"}, "x\n")
          .status;
    }));
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  place.node("p1").process().signal(SIGCONT);
  for (auto& client : clients)
    EXPECT_NE(client.get(), 0);
  EXPECT_TRUE(follows("p1", 10));
  append("r1", "5");
  EXPECT_TRUE(follows("p1", 15));
}

} // namespace
} // namespace sluice::testing
