#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace sluice::testing {
namespace {

constexpr std::chrono::seconds end_within{60};

/// Asks again until `is_so`, at most 20 s.
template <class Question>
::testing::AssertionResult comes_true(Question is_so) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline)
      return ::testing::AssertionFailure() << "not within 20 s";
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return ::testing::AssertionSuccess();
}

TEST(a_primary, serves_300_clients_at_once) {
  constexpr int clients = 300;
  node_place place;
  place.start_primary("p1");
  std::vector<tools::child_process> running;
  running.reserve(clients);
  for (int i = 0; i < clients; ++i)
    running.push_back(start_append({"--to", place.address("p1"), "--size", "100", "--count", "10",
                                    "--timeout", "60s", "--quiet"},
                                   place.path("append.errors"), "/dev/null"));
  for (auto& client : running)
    EXPECT_EQ(client.wait_for(end_within), 0) << content_of(place.path("append.errors"));
  EXPECT_EQ(place.status("p1")["durable_lsn"], clients * 10);
}

TEST(a_primary, survives_a_client_that_dies_with_1000_appends_in_flight) {
  node_place place;
  place.start_cluster();
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "a\n").status, 0);
  for (const auto* name : {"r1", "r2"})
    place.node(name).process().signal(SIGSTOP);
  auto client = start_append({"--to", place.address("p1"), "--size", "100", "--count", "1000",
                              "--in-flight", "1000", "--timeout", "60s"},
                             place.path("append.errors"));
  EXPECT_TRUE(comes_true([&] { return place.status("p1")["written_lsn"] == 1001; }));
  EXPECT_EQ(place.status("p1")["commits"]["waiting"], 1000);
  client.kill();
  EXPECT_TRUE(comes_true([&] { return place.status("p1")["clients"] == 0; }));
  for (const auto* name : {"r1", "r2"})
    place.node(name).process().signal(SIGCONT);
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "b\n").out, "1002\n");
  EXPECT_EQ(place.status("p1")["commits"]["waiting"], 0);
}

TEST(follow, prints_records_as_they_come) {
  node_place place;
  place.start_primary("p1");
  tools::child_start start;
  start.program = tool();
  start.arguments = {"read", "--from", place.address("p1"), "--follow", "--limit", "3"};
  start.errors = place.path("read.errors");
  auto reader = tools::child_process::start(start);
  ASSERT_TRUE(reader);
  for (const auto* text : {"a", "b", "c"}) {
    EXPECT_EQ(run({"append", "--to", place.address("p1")}, std::string{text} + "\n").status, 0);
    auto line = reader->read_line(end_within);
    ASSERT_TRUE(line);
    EXPECT_EQ(*line, text);
  }
  EXPECT_EQ(reader->wait_for(end_within), 0) << content_of(start.errors);
}

} // namespace
} // namespace sluice::testing
