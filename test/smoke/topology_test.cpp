#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace sluice::testing {
namespace {

using std::chrono::seconds;

nlohmann::json topology_at(node_place& place, const std::string& name) {
  auto told = run({"topology", "--of", place.address(name), "--json"});
  EXPECT_EQ(told.status, 0) << told.errors;
  return told.status == 0 ? nlohmann::json::parse(told.out) : nlohmann::json{};
}

bool is_healthy(const nlohmann::json& told, const std::string& id) {
  for (const auto& replica : told["replicas"])
    if (replica["id"] == id)
      return replica["healthy"].get<bool>();
  return false;
}

/// Asks again until `is_so`, at most 20 s.
template <class Question>
bool eventually(Question is_so) {
  auto end = std::chrono::steady_clock::now() + seconds{20};
  while (!is_so())
    if (std::chrono::steady_clock::now() > end)
      return false;
  return true;
}

/// The last number of an epoch.
std::uint64_t counter_of(const nlohmann::json& told) {
  auto epoch = told["epoch"].get<std::string>();
  return std::stoull(epoch.substr(epoch.rfind('.') + 1));
}

/// The next line of a follower, as JSON.
nlohmann::json next_line(tools::child_process& follower, seconds within) {
  auto line = follower.read_line(within);
  EXPECT_TRUE(line);
  return line ? nlohmann::json::parse(*line) : nlohmann::json{};
}

TEST(topology, names_the_nodes_and_where_they_are_reached) {
  node_place place;
  place.start_primary("p1", {"--region", "eu"});
  place.start_replica("r1", place.address("p1"), {"--region", "us"});
  place.start_replica("r2", place.address("p1"), {"--advertise", "far.example:9"});
  ASSERT_TRUE(eventually([&] { return topology_at(place, "p1")["replicas"].size() == 2; }));
  auto told = topology_at(place, "p1");
  EXPECT_EQ(told["primary"]["id"], "p1");
  EXPECT_EQ(told["primary"]["endpoint"], place.address("p1"));
  EXPECT_EQ(told["primary"]["region"], "eu");
  EXPECT_EQ(told["replicas"][0]["endpoint"], place.address("r1"));
  EXPECT_EQ(told["replicas"][0]["region"], "us");
  EXPECT_EQ(told["replicas"][1]["endpoint"], "far.example:9");
  EXPECT_EQ(place.status("p1")["topology_epoch"], told["epoch"]);
  ASSERT_TRUE(eventually([&] { return topology_at(place, "r1")["epoch"] == told["epoch"]; }))
      << "a replica tells what it was told";
  auto table = run({"topology", "--of", place.address("r1")});
  EXPECT_NE(table.out.find("p1"), std::string::npos);
  EXPECT_NE(table.out.find("far.example:9"), std::string::npos);
}

TEST(topology, loses_a_killed_replica_within_its_timeout_and_finds_it_again) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  place.start_replica("r2", place.address("p1"));
  ASSERT_TRUE(eventually([&] { return topology_at(place, "p1")["replicas"].size() == 2; }));
  tools::child_start start;
  start.program = tool();
  start.arguments = {"topology", "--of", place.address("r1"), "--json", "--follow"};
  start.errors = place.path("follow.errors");
  auto started = tools::child_process::start(start);
  ASSERT_TRUE(started);
  auto& follower = *started;
  auto before = next_line(follower, seconds{10});
  while (before["replicas"].size() < 2)
    before = next_line(follower, seconds{10});
  EXPECT_TRUE(is_healthy(before, "r2"));
  place.node("r2").kill();
  auto lost = next_line(follower, seconds{8});
  EXPECT_FALSE(is_healthy(lost, "r2"));
  EXPECT_TRUE(is_healthy(lost, "r1"));
  EXPECT_EQ(counter_of(lost), counter_of(before) + 1);
  // At another port, too: what is found together is one epoch.
  place.start_replica("r2", place.address("p1"));
  auto found = next_line(follower, seconds{10});
  EXPECT_TRUE(is_healthy(found, "r2"));
  EXPECT_EQ(counter_of(found), counter_of(lost) + 1);
  EXPECT_EQ(place.status("p1")["replicas"][1]["healthy"], true);
  follower.signal(SIGINT);
  EXPECT_EQ(follower.wait_for(seconds{5}), 0);
}

TEST(topology, of_a_replica_without_a_primary_says_why_there_is_none) {
  node_place place;
  place.start_replica("r1", "127.0.0.1:9");
  auto told = run({"topology", "--of", place.address("r1")});
  EXPECT_EQ(told.status, 5) << told.errors;
  EXPECT_TRUE(told.errors_mention("not_primary"));
}

} // namespace
} // namespace sluice::testing
