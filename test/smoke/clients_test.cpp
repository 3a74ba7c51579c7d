#include "test/support/process.hpp"

#include <sluice/client.hpp>
#include <sluice/configure.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <memory>
#include <thread>

namespace sluice::testing {
namespace {

constexpr std::chrono::seconds end_within{60};

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

struct client_system_config : caf::actor_system_config {
  client_system_config() { configure(*this); }
};

/// Whether `work` ends in time; if not it is left behind.
template <class Work>
bool ends_within(std::chrono::seconds limit, Work work) {
  auto done = std::make_shared<std::promise<void>>();
  auto is_done = done->get_future();
  std::thread{[done, work = std::move(work)]() mutable {
    work();
    done->set_value();
  }}.detach();
  return is_done.wait_for(limit) == std::future_status::ready;
}

// Connecting, connected, with answers and without: the actor system must never wait for it.
TEST(a_client_of_a_live_node, may_be_destroyed_at_any_moment) {
  node_place place;
  auto where = place.start_primary("p1").listening();
  EXPECT_TRUE(ends_within(std::chrono::seconds{60}, [where] {
    for (int round = 0; round < 60; ++round) {
      client_system_config config;
      caf::actor_system system{config};
      client_config settings;
      settings.nodes = {where};
      auto opened = client::open(system, settings);
      ASSERT_TRUE(opened) << describe(opened.error());
      append request;
      request.records.push_back(payload{std::string_view{"x"}});
      if (round % 3 == 1) {
        EXPECT_TRUE(std::holds_alternative<committed>(opened->append_and_wait(request)));
      }
      for (int i = 0; round % 3 == 2 && i < round; ++i)
        opened->append_then(request, [](const append_outcome&) {});
    }
  }));
}

} // namespace
} // namespace sluice::testing
