#include "persistence/diverged_tails.hpp"
#include "persistence/log_rewind.hpp"
#include "persistence/spool_reader.hpp"
#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

/// A node that comes back with records that its primary's history does not have, with real
/// processes.
namespace sluice::testing {
namespace {

/// r1 holds 100 records, of which the primary has the first 60 and then others.
struct a_tail_of_its_own : ::testing::Test {
  node_place place;
  node_endpoint listening;

  void SetUp() override {
    place.start_primary("p1");
    listening = place.node("p1").listening();
    place.start_replica("r1", place.address("p1"));
    append("60");
    append("40");
    ASSERT_TRUE(comes_true([&] { return place.status("r1")["durable_lsn"] == 100; }));
    for (const auto* node : {"r1", "p1"}) {
      place.node(node).process().signal(SIGTERM);
      ASSERT_EQ(place.node(node).process().wait_for(std::chrono::seconds{5}), 0);
    }
    promote_at(lsn{60});
    place.start_primary_at(listening, "p1");
    append("5");
  }

  void append(const std::string& count) {
    auto done = run({"append", "--to", place.address("p1"), "--size", "100", "--count", count});
    ASSERT_EQ(done.status, 0) << done.errors;
  }

  /// Makes of the primary's directory that of a node that never had what follows the fork.
  void promote_at(lsn fork) {
    auto& disk = persistence::posix_vfs();
    auto directory = place.path("p1");
    persistence::node_state_store store{disk, directory};
    std::string warning;
    auto state = **store.load(warning);
    auto reader = persistence::spool_reader::open(disk, directory);
    ASSERT_TRUE(reader);
    auto at = (*reader)->digest_at(fork, lsn{100});
    ASSERT_TRUE(at && *at);
    ASSERT_FALSE(persistence::plan_rewind(disk, directory, store, state, fork, **at,
                                          {lsn{1}, lsn{100}, state.term}));
    auto log = persistence::rewind_log({disk, directory, {}, {state.cluster}, {}}, store, state);
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_FALSE((*log)->close());
    state.term = term{2};
    state.timeline = timeline_id{2};
    state.history.push_back({timeline_id{2}, timeline_id{1}, fork, **at, term{2}, "p1"});
    ASSERT_FALSE(store.store(state));
  }

  void rejoin() {
    place.start_replica("r1", place.address("p1"));
    ASSERT_TRUE(comes_true([&] { return place.status("r1")["durable_lsn"] == 65; }))
        << place.status("r1").dump();
  }

  std::string data() { return place.path("r1").string(); }
};

TEST_F(a_tail_of_its_own, is_put_aside_when_it_rejoins) {
  rejoin();
  auto listed = run({"diverged", "list", "--data", data(), "--json"});
  ASSERT_EQ(listed.status, 0) << listed.errors;
  auto tails = nlohmann::json::parse(listed.out)["tails"];
  ASSERT_EQ(tails.size(), 1u);
  EXPECT_EQ(tails[0]["name"], "1");
  EXPECT_EQ(tails[0]["fork_lsn"], 60);
  EXPECT_EQ(tails[0]["first"], 61);
  EXPECT_EQ(tails[0]["last"], 100);
  EXPECT_EQ(tails[0]["records"], 40);
  EXPECT_EQ(run({"diverged", "list", "--data", data()}).out.rfind("diverged name=1 term=1 ", 0),
            0u);
  auto kept = data() + "/diverged/1";
  EXPECT_EQ(run({"read", "--data", kept}).out_lines().size(), 40u);
  EXPECT_EQ(run({"verify", kept}).out.rfind("ok records=40 first=61 last=100 ", 0), 0u);
  auto shown = run({"inspect", kept, "--records", "--json"}).out_lines();
  ASSERT_EQ(shown.size(), 40u);
  EXPECT_EQ(nlohmann::json::parse(shown.front())["lsn"], 61);
  place.stop_all();
  EXPECT_EQ(run({"verify", data()}).status, 0);
  EXPECT_EQ(run({"verify", data(), "--against", place.path("p1").string()}).status, 0);
}

TEST_F(a_tail_of_its_own, can_be_appended_again_and_is_never_doubled) {
  rejoin();
  auto tail = run({"read", "--data", data() + "/diverged/1"}).out;
  for (int times = 0; times < 2; ++times) {
    auto done = run({"diverged", "reapply", "1", "--data", data(), "--to", place.address("p1")});
    ASSERT_EQ(done.status, 0) << done.errors;
    auto lsns = done.out_lines();
    ASSERT_EQ(lsns.size(), 40u);
    EXPECT_EQ(lsns.front(), "66");
    EXPECT_EQ(lsns.back(), "105");
  }
  EXPECT_EQ(place.status("p1")["durable_lsn"], 105);
  EXPECT_EQ(run({"read", "--from", place.address("p1"), "--after", "65"}).out, tail);
}

TEST_F(a_tail_of_its_own, that_is_not_there_is_not_appended) {
  auto done = run({"diverged", "reapply", "9", "--data", data(), "--to", place.address("p1")});
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.errors.find("no tail '9'"), std::string::npos);
  EXPECT_EQ(run({"diverged", "list", "--data", data(), "--json"}).out, "{\"tails\":[]}\n");
}

} // namespace
} // namespace sluice::testing
