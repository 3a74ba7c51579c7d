#include "persistence/node_state.hpp"
#include "persistence/spool.hpp"
#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

/// Replicas whose next record the primary no longer keeps, with real processes.
namespace sluice::testing {
namespace {

struct a_pruned_primary : ::testing::Test {
  node_place place;
  node_endpoint listening;

  void append(const std::string& count) {
    auto done = run({"append", "--to", place.address("p1"), "--size", "4K", "--count", count});
    ASSERT_EQ(done.status, 0) << done.errors;
  }

  /// A replica r1 that has the first records and was stopped before the others came.
  void leave_a_replica_behind() {
    place.start_primary("p1", {"--segment-size", "1M", "--max-record", "64K"});
    listening = place.node("p1").listening();
    place.start_replica("r1", place.address("p1"));
    append("100");
    ASSERT_TRUE(comes_true([&] { return place.status("r1")["durable_lsn"] == 100; }));
    place.node("r1").process().signal(SIGTERM);
    ASSERT_EQ(place.node("r1").process().wait_for(std::chrono::seconds{5}), 0);
    append("2000");
  }

  /// While it is down; its log then begins behind what r1 has.
  void prune() {
    auto cluster = place.status("p1")["cluster"].get<std::string>();
    place.node("p1").process().signal(SIGTERM);
    ASSERT_EQ(place.node("p1").process().wait_for(std::chrono::seconds{5}), 0);
    persistence::spool_options options;
    options.segment_bytes = persistence::mebibyte;
    auto log =
        persistence::spool::open(persistence::posix_vfs(), place.path("p1"), options, {cluster});
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_TRUE((*log)->prune_through(lsn{1500}));
    ASSERT_GT((*log)->oldest_lsn(), lsn{1000});
    ASSERT_FALSE((*log)->close());
    log->reset();
    place.start_primary_at(listening, "p1");
  }

  /// @returns the LSNs
  std::string append_as(const std::string& producer, const std::string& input,
                        const std::string& to) {
    auto done = run({"append", "--to", place.address(to), "--producer", producer}, input);
    EXPECT_EQ(done.status, 0) << done.errors;
    return done.out;
  }

  bool is_level() { return place.status("r1")["durable_lsn"] == place.status("p1")["durable_lsn"]; }

  void expect_equal_logs() {
    place.stop_all();
    auto compared =
        run({"verify", place.path("p1").string(), "--against", place.path("r1").string()});
    EXPECT_EQ(compared.status, 0) << compared.out << compared.errors;
    EXPECT_EQ(run({"verify", place.path("r1").string()}).status, 0);
  }
};

TEST_F(a_pruned_primary, has_a_log_begin_anew_that_it_left_behind) {
  leave_a_replica_behind();
  auto absent = place.status("p1")["replicas"][0];
  EXPECT_EQ(absent["resume_plan"], "stream from 101");
  prune();
  place.start_replica("r1", place.address("p1"));
  ASSERT_TRUE(comes_true([&] { return is_level(); })) << place.log_of("r1");
  auto status = place.status("p1");
  EXPECT_EQ(status["full_resync_total"], 1);
  EXPECT_GT(place.status("r1")["oldest_lsn"], 1000);
  append("10");
  ASSERT_TRUE(comes_true([&] { return is_level(); }));
  EXPECT_EQ(place.status("p1")["replicas"][0]["rebootstrapping"], false);
  expect_equal_logs();
}

TEST_F(a_pruned_primary, takes_a_wiped_replica_back_under_its_name) {
  leave_a_replica_behind();
  prune();
  std::filesystem::remove_all(place.path("r1"));
  place.start_replica("r1", place.address("p1"));
  ASSERT_TRUE(comes_true([&] { return is_level(); })) << place.log_of("r1");
  EXPECT_EQ(place.status("p1")["full_resync_total"], 1);
  expect_equal_logs();
}

TEST_F(a_pruned_primary, is_succeeded_by_a_log_that_doubles_no_retry) {
  place.start_primary("p1", {"--segment-size", "1M", "--max-record", "64K"});
  listening = place.node("p1").listening();
  EXPECT_EQ(append_as("order-17", "pay 100 to bob\n", "p1"), "1\n");
  std::string long_input;
  for (int i = 0; i < 1100; ++i)
    long_input += std::to_string(i) + "\n";
  auto first = append_as("long", long_input, "p1");
  append("2000");
  prune();
  place.start_replica("r1", place.address("p1"));
  ASSERT_TRUE(comes_true([&] { return is_level(); })) << place.log_of("r1");
  place.node("p1").kill();
  ASSERT_EQ(run({"promote", "--node", place.address("r1")}).status, 0);
  ASSERT_TRUE(comes_true([&] {
    return run({"status", "--of", place.address("r1"), "--json"}).out.find("\"primary\"")
           != std::string::npos;
  }));
  EXPECT_EQ(append_as("order-17", "pay 100 to bob\n", "r1"), "1\n");
  EXPECT_EQ(append_as("long", long_input + "more\n", "r1"), first + "3102\n");
}

TEST_F(a_pruned_primary, takes_back_a_replica_that_is_killed_while_it_begins_anew) {
  leave_a_replica_behind();
  prune();
  for (int kill_after_ms = 0; kill_after_ms < 60; kill_after_ms += 6) {
    place.start_replica("r1", place.address("p1"));
    std::this_thread::sleep_for(std::chrono::milliseconds{kill_after_ms});
    place.node("r1").kill();
  }
  place.start_replica("r1", place.address("p1"));
  ASSERT_TRUE(comes_true([&] { return is_level(); })) << place.log_of("r1");
  expect_equal_logs();
}

} // namespace
} // namespace sluice::testing
