#include "persistence/spool.hpp"
#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

/// A replica whose state the log no longer brings up to date, with real processes and SQLite.
namespace sluice::testing {
namespace {

constexpr std::uint64_t pairs = 8'000;

struct a_state_to_be_replaced : ::testing::Test {
  node_place place;

  static arguments options() { return {"--kv", "--segment-size", "1M", "--max-record", "64K"}; }

  /// `key` is told the same value in each round; 1 KiB a pair.
  void load(std::uint64_t count, const std::string& round) {
    std::string lines;
    for (std::uint64_t i = 0; i < count; ++i)
      lines +=
          "k" + std::to_string(i) + " " + round + std::string(1000, 'x') + std::to_string(i) + "\n";
    auto done = run(
        joined({"kv", "load", "--batch", "100"}, {"--to", place.address("p1"), "--timeout", "30s"}),
        lines);
    ASSERT_EQ(done.status, 0) << done.errors;
  }

  std::uint64_t number(const std::string& node, const std::string& field) {
    return place.status(node)[field].get<std::uint64_t>();
  }

  /// r1 was stopped with a state of `old`; the primary has gone on, and its log begins behind that.
  void leave_a_replica_behind(const arguments& more = {}) {
    place.start_primary("p1", joined(options(), more));
    place.start_replica("r1", place.address("p1"), options());
    load(50, "old");
    ASSERT_TRUE(comes_true([&] { return number("r1", "applied_lsn") == 50; }));
    stop("r1");
    load(pairs, "new");
    ASSERT_TRUE(comes_true([&] { return has_applied_all("p1"); }));
    prune();
  }

  bool has_applied_all(const std::string& node) {
    auto through = std::to_string(number("p1", "durable_lsn"));
    return run({"kv", "get", "k0", "--data", place.path(node).string(), "--wait-lsn", through,
                "--timeout", "100ms"})
               .status
           == 0;
  }

  void stop(const std::string& name) {
    place.node(name).process().signal(SIGTERM);
    ASSERT_EQ(place.node(name).process().wait_for(std::chrono::seconds{5}), 0);
  }

  void prune(lsn through = lsn{pairs / 2}) {
    auto cluster = place.status("p1")["cluster"].get<std::string>();
    stop("p1");
    persistence::spool_options limits;
    limits.segment_bytes = persistence::mebibyte;
    auto log =
        persistence::spool::open(persistence::posix_vfs(), place.path("p1"), limits, {cluster});
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_TRUE((*log)->prune_through(through));
    ASSERT_GT((*log)->oldest_lsn(), lsn{1000});
    ASSERT_FALSE((*log)->close());
    log->reset();
    start_primary();
  }

  /// As it was, where it was.
  void start_primary() {
    auto err = place.node("p1").restart();
    ASSERT_FALSE(err) << describe(err) << place.log_of("p1");
  }

  /// As it was, where it was.
  void start_replica() {
    auto err = place.node("r1").restart();
    ASSERT_FALSE(err) << describe(err) << place.log_of("r1");
  }

  std::string replica_state() { return place.status("r1")["state"].get<std::string>(); }

  void expect_level() {
    ASSERT_TRUE(comes_true([&] {
      return place.status("r1")["durable_lsn"] == place.status("p1")["durable_lsn"]
             && has_applied_all("r1");
    })) << place.status("r1").dump()
        << place.log_of("r1") << place.log_of("p1");
    auto compared = run({"kv", "check", "--data", place.path("p1").string(), "--against",
                         place.path("r1").string(), "--timeout", "30s"});
    EXPECT_EQ(compared.status, 0) << compared.out << compared.errors;
    ASSERT_TRUE(comes_true([&] { return nothing_is_staged("r1"); }));
  }

  bool nothing_is_staged(const std::string& node) {
    auto folder = place.path(node) / "snapshot";
    if (!std::filesystem::exists(folder))
      return true;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.is_regular_file())
        return false;
    return true;
  }

  /// How far the snapshot is that r1 gets, in percent; none while none is coming.
  std::optional<double> percent() {
    auto told = place.status("r1");
    if (!told.contains("snapshot") || told["snapshot"].is_null()
        || told["snapshot"]["stage"] != "sending")
      return std::nullopt;
    return 100 * told["snapshot"]["bytes"].get<double>()
           / told["snapshot"]["total_bytes"].get<double>();
  }

  /// Kills `victim` each time that another tenth has come.
  void kill_at_each_tenth(const std::string& victim, const std::function<void()>& restart) {
    int kills = 0;
    for (int tenth = 1; tenth <= 9; ++tenth) {
      std::optional<double> at;
      ASSERT_TRUE(comes_true([&] {
        at = percent();
        return (at && *at >= 10 * tenth) || replica_state() == "serving";
      })) << "at "
          << tenth << "0 %: " << place.status("r1").dump() << place.log_of("r1");
      if (!at)
        break;
      place.node(victim).kill();
      ++kills;
      restart();
      auto after = 100.0;
      ASSERT_TRUE(comes_true([&] {
        auto come = percent();
        after = come.value_or(100);
        return come || replica_state() == "serving";
      })) << place.status("r1").dump();
      // One chunk is 1 MiB of some 10: what had come is not sent again.
      EXPECT_GE(after, *at - 12) << "killed at " << *at << " %";
    }
    EXPECT_GE(kills, 5) << "it was over before anybody looked";
  }
};

TEST_F(a_state_to_be_replaced, is_replaced_by_a_snapshot) {
  leave_a_replica_behind();
  start_replica();
  expect_level();
  auto status = place.status("p1");
  EXPECT_EQ(status["full_resync_total"], 1);
  EXPECT_EQ(status["slots"][0]["valid"], true);
  EXPECT_EQ(place.status("r1")["state"], "serving");
  EXPECT_TRUE(comes_true([&] { return nothing_is_staged("p1"); }));
  EXPECT_GT(number("r1", "oldest_lsn"), pairs / 2);
  load(20, "newer");
  expect_level();
  EXPECT_EQ(place.status("p1")["replicas"][0]["rebootstrapping"], false);
  place.stop_all();
  EXPECT_EQ(run({"verify", place.path("r1").string()}).status, 0);
}

TEST_F(a_state_to_be_replaced, is_succeeded_by_one_whose_log_doubles_no_retry) {
  leave_a_replica_behind();
  std::string input;
  for (int i = 0; i < 1100; ++i)
    input += "told" + std::to_string(i) + " once\n";
  auto load_as_one = [&](const std::string& to) {
    return run({"kv", "load", "--to", place.address(to), "--producer", "order-17", "--batch", "1"},
               input);
  };
  ASSERT_EQ(load_as_one("p1").status, 0);
  ASSERT_TRUE(comes_true([&] { return has_applied_all("p1"); }));
  start_replica();
  expect_level();
  auto through = number("r1", "durable_lsn");
  ASSERT_GT(number("r1", "oldest_lsn"), through - 1100) << "all of it may come with the log";
  place.node("p1").kill();
  ASSERT_EQ(run({"promote", "--node", place.address("r1")}).status, 0);
  auto again = load_as_one("r1");
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(number("r1", "durable_lsn"), through);
  input += "more 1\n";
  again = load_as_one("r1");
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(number("r1", "durable_lsn"), through + 1);
}

TEST_F(a_state_to_be_replaced, is_served_until_it_is) {
  leave_a_replica_behind({"--snapshot-rate", "3M"});
  start_replica();
  ASSERT_TRUE(comes_true([&] { return percent() && *percent() > 5; })) << place.status("r1").dump();
  EXPECT_EQ(replica_state(), "bootstrapping");
  auto read = run({"kv", "get", "k7", "--data", place.path("r1").string()});
  EXPECT_EQ(read.out.rfind("oldxxx", 0), 0u) << read.out << read.errors;
  auto topology = run({"topology", "--of", place.address("p1"), "--json"});
  EXPECT_NE(topology.out.find("\"rebootstrapping\":true"), std::string::npos) << topology.out;
  auto sender = place.status("p1")["replicas"][0];
  ASSERT_TRUE(sender["snapshot"].is_object()) << sender.dump();
  EXPECT_EQ(sender["snapshot"]["stage"], "sending");
  EXPECT_GT(sender["snapshot"]["total_bytes"], 6'000'000);
  EXPECT_TRUE(comes_true([&] {
    return place.status("r1")["snapshot"].is_object()
           && place.status("r1")["snapshot"]["seconds_left"].is_number();
  }));
  expect_level();
  EXPECT_EQ(run({"kv", "get", "k7", "--data", place.path("r1").string()}).out.rfind("newxxx", 0),
            0u);
}

TEST_F(a_state_to_be_replaced, goes_on_after_kill_9_of_the_replica_at_each_tenth) {
  leave_a_replica_behind({"--snapshot-rate", "1M"});
  start_replica();
  kill_at_each_tenth("r1", [&] { start_replica(); });
  expect_level();
  EXPECT_EQ(place.status("p1")["full_resync_total"], 1);
}

TEST_F(a_state_to_be_replaced, goes_on_after_kill_9_of_the_primary_at_each_tenth) {
  leave_a_replica_behind({"--snapshot-rate", "1M"});
  start_replica();
  kill_at_each_tenth("p1", [&] { start_primary(); });
  expect_level();
}

TEST_F(a_state_to_be_replaced, of_an_empty_replica_is_none) {
  leave_a_replica_behind();
  place.start_replica("r2", place.address("p1"), options());
  ASSERT_TRUE(comes_true([&] { return has_applied_all("r2"); })) << place.log_of("r2");
  auto compared = run({"kv", "check", "--data", place.path("p1").string(), "--against",
                       place.path("r2").string(), "--timeout", "30s"});
  EXPECT_EQ(compared.status, 0) << compared.out << compared.errors;
}

// Of two that are left, the one that has everything is the one that got its state by a snapshot.
TEST_F(a_state_to_be_replaced, does_not_make_its_log_look_empty_to_a_promotion) {
  auto members = joined(options(), {"--members", "p1,q1,r1", "--policy", "quorum"});
  place.start_primary("p1", members);
  place.start_replica("q1", place.address("p1"), options());
  place.start_replica("r1", place.address("p1"), options());
  load(3000, "early");
  ASSERT_TRUE(comes_true([&] { return number("q1", "durable_lsn") == 3000; }));
  stop("q1");
  load(100, "acknowledged");
  stop("r1");
  ASSERT_TRUE(comes_true([&] { return has_applied_all("p1"); }));
  prune(lsn{2000});
  std::filesystem::remove_all(place.path("r1"));
  start_replica();
  ASSERT_TRUE(comes_true([&] {
    return number("r1", "durable_lsn") == 3100 && replica_state() == "serving";
  })) << place.log_of("r1");
  EXPECT_GT(number("r1", "log_start_lsn"), 1u);
  place.node("p1").kill();
  auto err = place.node("q1").restart();
  ASSERT_FALSE(err);
  auto refused = run({"promote", "--node", place.address("q1")});
  EXPECT_EQ(refused.status, 5) << refused.out;
  EXPECT_TRUE(refused.errors_mention("behind_watermark")) << refused.errors;
  EXPECT_TRUE(refused.errors_mention("3100")) << refused.errors;
}

// A deposed primary that has applied what its successor does not have.
TEST_F(a_state_to_be_replaced, when_it_is_that_of_a_cut_tail) {
  place.start_primary("p1", options());
  place.start_replica("r1", place.address("p1"), options());
  load(50, "shared");
  ASSERT_TRUE(comes_true([&] { return number("r1", "applied_lsn") == 50; }));
  place.node("r1").kill();
  load(30, "lost");
  ASSERT_TRUE(comes_true([&] { return has_applied_all("p1"); }));
  place.node("p1").kill();
  start_replica();
  auto promoted = run({"promote", "--node", place.address("r1")});
  ASSERT_EQ(promoted.status, 0) << promoted.errors;
  auto put = run({"kv", "put", "k1", "won", "--to", place.address("r1"), "--timeout", "20s"});
  ASSERT_EQ(put.status, 0) << put.errors;
  start_primary();
  ASSERT_TRUE(comes_true([&] {
    // While it changes its role nobody listens there.
    auto asked = run({"status", "--of", place.address("p1"), "--json"});
    if (asked.status != 0)
      return false;
    auto told = nlohmann::json::parse(asked.out);
    return told["role"] == "replica" && told["state"] == "serving"
           && run({"kv", "get", "k1", "--data", place.path("p1").string()}).out == "won\n";
  })) << place.log_of("p1");
  auto compared = run({"kv", "check", "--data", place.path("r1").string(), "--against",
                       place.path("p1").string(), "--timeout", "30s"});
  EXPECT_EQ(compared.status, 0) << compared.out << compared.errors;
  auto tails = run({"diverged", "list", "--data", place.path("p1").string(), "--json"});
  EXPECT_EQ(nlohmann::json::parse(tails.out)["tails"][0]["records"], 30);
  EXPECT_TRUE(comes_true([&] { return nothing_is_staged("p1") && nothing_is_staged("r1"); }));
}

// The primary that gave it is passed over: the log behind it begins behind the fork.
TEST_F(a_state_to_be_replaced, when_its_log_begins_behind_the_fork) {
  place.start_primary("p1", options());
  place.start_replica("q1", place.address("p1"), options());
  place.start_replica("r1", place.address("p1"), options());
  load(50, "shared");
  for (const auto* name : {"q1", "r1"}) {
    ASSERT_TRUE(comes_true([&] { return number(name, "applied_lsn") == 50; }));
    stop(name);
  }
  load(pairs, "lost");
  ASSERT_TRUE(comes_true([&] { return has_applied_all("p1"); }));
  prune();
  start_replica();
  expect_level();
  load(20, "lost, too");
  expect_level();
  place.node("p1").kill();
  auto err = place.node("q1").restart();
  ASSERT_FALSE(err) << describe(err);
  auto promoted = run({"promote", "--node", place.address("q1"), "--force"});
  ASSERT_EQ(promoted.status, 0) << promoted.errors;
  auto put = run({"kv", "put", "k1", "won", "--to", place.address("q1"), "--timeout", "20s"});
  ASSERT_EQ(put.status, 0) << put.errors;
  ASSERT_TRUE(comes_true([&] {
    return replica_state() == "serving"
           && run({"kv", "get", "k1", "--data", place.path("r1").string()}).out == "won\n";
  })) << place.status("r1").dump()
      << place.log_of("r1") << place.log_of("q1");
  auto compared = run({"kv", "check", "--data", place.path("q1").string(), "--against",
                       place.path("r1").string(), "--timeout", "30s"});
  EXPECT_EQ(compared.status, 0) << compared.out << compared.errors;
  auto tails = run({"diverged", "list", "--data", place.path("r1").string(), "--json"});
  EXPECT_EQ(nlohmann::json::parse(tails.out)["tails"][0]["records"], 20);
  EXPECT_TRUE(comes_true([&] { return nothing_is_staged("q1") && nothing_is_staged("r1"); }));
  stop("r1");
  EXPECT_EQ(run({"verify", place.path("r1").string()}).status, 0);
}

} // namespace
} // namespace sluice::testing
