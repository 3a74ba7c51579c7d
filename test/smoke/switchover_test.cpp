#include "persistence/checksum.hpp"
#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>

/// The primary moves to another node, as planned, with real processes and writers that go on.
namespace sluice::testing {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds line_within{40};

milliseconds since(clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(clock::now() - start);
}

/// The number behind `key=` of a line that the tool printed.
std::uint64_t number_in(const std::string& line, const std::string& key) {
  auto at = line.find(key + "=");
  return at == std::string::npos ? 0 : std::stoull(line.substr(at + key.size() + 1));
}

struct switchover : ::testing::Test {
  node_place place;

  /// As `start_cluster`; small segments, so that nothing is pruned.
  void start_cluster() {
    place.start_primary("p1",
                        {"--members", "p1,r1,r2", "--policy", "quorum", "--segment-size", "1M"});
    for (const auto* name : {"r1", "r2"})
      place.start_replica(name, place.address("p1"), {"--segment-size", "1M"});
  }

  nlohmann::json seen_of(const std::string& name) {
    auto asked = run({"status", "--of", place.address(name), "--json", "--timeout", "1s"});
    return asked.status == 0 ? nlohmann::json::parse(asked.out) : nlohmann::json::object();
  }

  bool is_serving(const std::string& name) {
    auto seen = seen_of(name);
    return seen["role"] == "primary" && seen["state"] == "serving";
  }

  bool follows(const std::string& name, std::uint64_t through) {
    return comes_true([&] {
      auto seen = seen_of(name);
      return seen["role"] == "replica" && seen["state"] == "serving"
             && seen["durable_lsn"] == through;
    });
  }

  run_result switch_over(const std::string& from, const std::string& to, arguments more = {}) {
    return run(joined({"switchover", "--from", place.address(from), "--to", place.address(to)},
                      std::move(more)));
  }

  tools::child_process start_load(const std::string& to, const std::string& count) {
    return start_append({"--to", to, "--size", "100", "--count", count, "--in-flight", "64",
                         "--timeout", "60s", "--ack-log", place.path("acks").string()},
                        place.path("append.errors"));
  }

  /// Reads the load's lines to its end. @returns the longest time without one
  milliseconds read_to_end(tools::child_process& load) {
    milliseconds longest{0};
    auto last = clock::now();
    while (load.read_line(line_within)) {
      longest = std::max(longest, since(last));
      last = clock::now();
    }
    EXPECT_EQ(load.wait_for(line_within), 0) << content_of(place.path("append.errors"));
    return longest;
  }

  static void read_lines(tools::child_process& load, int count) {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(load.read_line(line_within));
  }

  /// What the load was told stands in the log of the primary as it was told, and nothing twice.
  void expect_exactly_once(const std::string& primary, std::uint64_t count) {
    EXPECT_EQ(place.status(primary)["durable_lsn"], count) << "lost, or there twice";
    auto acks = lines_of(content_of(place.path("acks")));
    EXPECT_EQ(acks.size(), count);
    auto raw = run({"read", "--from", place.address(primary), "--format", "raw"});
    ASSERT_EQ(raw.status, 0) << raw.errors;
    ASSERT_EQ(raw.out.size(), count * 100);
    for (const auto& line : acks) {
      auto position = std::stoull(line);
      ASSERT_LE(position, count) << "acknowledged, and lost";
      std::uint32_t expected = 0;
      auto digits = line.substr(line.find(' ') + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), expected, 16);
      ASSERT_EQ(persistence::crc32c(raw.out.substr((position - 1) * 100, 100)), expected) << line;
    }
  }

  void expect_same_logs(const std::vector<std::string>& names, std::uint64_t through) {
    for (const auto& name : names)
      EXPECT_TRUE(comes_true([&] { return seen_of(name)["durable_lsn"] == through; })) << name;
    place.stop_all();
    for (const auto& name : names)
      EXPECT_EQ(run({"verify", place.path(names.front()).string(), "--against",
                     place.path(name).string()})
                    .status,
                0);
  }
};

TEST_F(switchover, under_load_refuses_nobody_and_loses_nothing) {
  start_cluster();
  constexpr std::uint64_t count = 40'000;
  auto load = start_load(place.address("p1"), std::to_string(count));
  read_lines(load, 3000);
  auto done = std::async(std::launch::async, [&] { return switch_over("p1", "r1"); });
  auto longest = read_to_end(load);
  auto said = done.get();
  ASSERT_EQ(said.status, 0) << said.errors;
  EXPECT_EQ(said.out_lines().size(), 1u);
  EXPECT_NE(said.out.find("primary=r1 "), std::string::npos) << said.out;
  EXPECT_EQ(number_in(said.out, "term"), 2u);
  std::printf("longest gap of a writer: %lld ms, paused_ms=%llu\n",
              static_cast<long long>(longest.count()),
              static_cast<unsigned long long>(number_in(said.out, "paused_ms")));
  EXPECT_LT(longest, std::chrono::seconds{5});
  EXPECT_TRUE(follows("p1", count));
  expect_exactly_once("r1", count);
  expect_same_logs({"r1", "p1", "r2"}, count);
}

TEST_F(switchover, there_and_back_five_times_doubles_nothing) {
  start_cluster();
  constexpr std::uint64_t count = 60'000;
  auto load = start_load(place.address("p1"), std::to_string(count));
  read_lines(load, 1000);
  auto moves = std::async(std::launch::async, [&] {
    std::vector<std::string> failures;
    for (int i = 0; i < 5; ++i)
      for (auto [from, to] : {std::pair{"p1", "r1"}, std::pair{"r1", "p1"}})
        if (auto said = switch_over(from, to); said.status != 0)
          failures.push_back(said.errors);
    return failures;
  });
  read_to_end(load);
  auto failures = moves.get();
  EXPECT_TRUE(failures.empty()) << failures.front();
  ASSERT_TRUE(comes_true([&] { return is_serving("p1"); }));
  EXPECT_EQ(place.status("p1")["term"], 11);
  expect_exactly_once("p1", count);
  expect_same_logs({"p1", "r1", "r2"}, count);
}

TEST_F(switchover, without_members_takes_the_only_replica) {
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  constexpr std::uint64_t count = 30'000;
  auto load = start_load(place.address("p1"), std::to_string(count));
  read_lines(load, 1000);
  auto done = std::async(std::launch::async, [&] { return switch_over("p1", "r1"); });
  read_to_end(load);
  auto said = done.get();
  ASSERT_EQ(said.status, 0) << said.errors;
  expect_exactly_once("r1", count);
  expect_same_logs({"r1", "p1"}, count);
}

TEST_F(switchover, is_not_held_up_by_a_frozen_third_node) {
  start_cluster();
  ASSERT_TRUE(comes_true([&] { return seen_of("p1")["replicas"].size() == 2; }));
  place.node("r2").process().signal(SIGSTOP);
  auto said = switch_over("p1", "r1");
  place.node("r2").process().signal(SIGCONT);
  ASSERT_EQ(said.status, 0) << said.errors;
  std::printf("with a frozen replica: %s", said.out.c_str());
  EXPECT_LT(number_in(said.out, "paused_ms"), 2000u);
}

TEST_F(switchover, that_is_refused_changes_nothing_and_says_why) {
  start_cluster();
  place.start_replica("r9", place.address("p1"));
  place.start_primary("other");
  ASSERT_TRUE(comes_true([&] { return seen_of("p1")["replicas"].size() == 3; }));
  auto from_replica = switch_over("r1", "r2");
  EXPECT_EQ(from_replica.status, 5);
  EXPECT_TRUE(from_replica.errors_mention("not_primary")) << from_replica.errors;
  auto to_itself = switch_over("p1", "p1");
  EXPECT_EQ(to_itself.status, 2) << to_itself.errors;
  auto to_stranger = switch_over("p1", "r9");
  EXPECT_EQ(to_stranger.status, 5);
  EXPECT_TRUE(to_stranger.errors_mention("not a declared member")) << to_stranger.errors;
  auto to_other_cluster = switch_over("p1", "other");
  EXPECT_EQ(to_other_cluster.status, 5);
  EXPECT_TRUE(to_other_cluster.errors_mention("wrong_cluster")) << to_other_cluster.errors;
  auto nobody = run({"switchover", "--from", place.address("p1"), "--to", "127.0.0.1:1"});
  EXPECT_EQ(nobody.status, 6) << nobody.errors;
  EXPECT_EQ(run({"switchover", "--from", place.address("p1")}).status, 2);
  auto after = run({"append", "--to", place.address("p1")}, "x\n");
  EXPECT_EQ(after.out, "1\n") << after.errors;
  EXPECT_EQ(place.status("p1")["term"], 1);
}

/// Kills a node at some moment of a switchover, starts it again, and looks what came of it.
struct broken_switchover : switchover {
  void break_at(milliseconds moment, bool is_primary_killed) {
    auto former = is_serving("p1") ? "p1" : "r1";
    auto target = std::string{former} == "p1" ? "r1" : "p1";
    auto victim = is_primary_killed ? former : target;
    auto done = std::async(std::launch::async, [&] {
      return switch_over(former, target, {"--timeout", "20s"});
    });
    std::this_thread::sleep_for(moment);
    place.node(victim).kill();
    std::this_thread::sleep_for(milliseconds{300});
    ASSERT_FALSE(place.node(victim).restart());
    auto said = done.get();
    auto p1_serves = false;
    auto r1_serves = false;
    EXPECT_TRUE(comes_true([&] {
      p1_serves = is_serving("p1");
      r1_serves = is_serving("r1");
      return p1_serves || r1_serves;
    })) << said.errors;
    EXPECT_FALSE(p1_serves && r1_serves);
    std::printf("%s killed after %lld ms: exit %d, %s serves\n", victim == former ? "old" : "new",
                static_cast<long long>(moment.count()), said.status, p1_serves ? "p1" : "r1");
  }

  void break_at_many_moments(bool is_primary_killed) {
    start_cluster();
    constexpr std::uint64_t count = 20'000;
    auto nodes = place.address("p1") + "," + place.address("r1") + "," + place.address("r2");
    auto load = start_append({"--to", nodes, "--size", "100", "--count", std::to_string(count),
                              "--in-flight", "16", "--timeout", "120s", "--ack-log",
                              place.path("acks").string()},
                             place.path("append.errors"));
    read_lines(load, 100);
    for (auto moment : {15, 20, 25, 30, 35, 45, 60}) {
      break_at(milliseconds{moment}, is_primary_killed);
      if (HasFatalFailure())
        return;
    }
    read_to_end(load);
    auto primary = is_serving("p1") ? "p1" : "r1";
    expect_exactly_once(primary, count);
    expect_same_logs({"p1", "r1", "r2"}, count);
  }
};

TEST_F(broken_switchover, by_the_death_of_the_old_primary_loses_nothing) {
  break_at_many_moments(true);
}

TEST_F(broken_switchover, by_the_death_of_the_new_primary_loses_nothing) {
  break_at_many_moments(false);
}

} // namespace
} // namespace sluice::testing
