#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <sys/mount.h>

namespace sluice::testing {
namespace {

nlohmann::json slots_of(node_place& place, const std::string& node) {
  auto listed = run({"slots", "list", "--of", place.address(node), "--json"});
  EXPECT_EQ(listed.status, 0) << listed.errors;
  return nlohmann::json::parse(listed.out, nullptr, false)["slots"];
}

TEST(slots, are_listed_created_dropped_and_reset_by_the_tool) {
  node_place place;
  place.start_primary("p1");
  auto of = place.address("p1");
  EXPECT_EQ(slots_of(place, "p1"), nlohmann::json::array());
  EXPECT_EQ(run({"slots", "create", "r9", "--of", of}).status, 0);
  auto again = run({"slots", "create", "r9", "--of", of});
  EXPECT_EQ(again.status, 1) << again.errors;
  EXPECT_TRUE(again.errors_mention("r9"));
  EXPECT_EQ(run({"slots", "reset", "r9", "--of", of}).status, 0);
  EXPECT_EQ(run({"slots", "create", "..", "--of", of}).status, 2);
  auto slots = slots_of(place, "p1");
  ASSERT_EQ(slots.size(), 1u);
  EXPECT_EQ(slots[0]["id"], "r9");
  EXPECT_EQ(slots[0]["valid"], true);
  EXPECT_EQ(slots[0]["active"], false);
  EXPECT_TRUE(slots[0]["invalidation_cause"].is_null());
  EXPECT_EQ(run({"slots", "drop", "r9", "--of", of}).status, 0);
  EXPECT_EQ(run({"slots", "drop", "r9", "--of", of}).status, 1);
  EXPECT_EQ(run({"slots", "list"}).status, 2);
}

TEST(slots, take_options_before_the_command_and_limits_of_their_own) {
  node_place place;
  place.start_primary("p1", {"--slot-max-bytes", "8G"});
  auto of = place.address("p1");
  auto made = run({"slots", "--of", of, "create", "r9", "--max-records", "1000", "--idle-timeout",
                   "2h", "--json"});
  EXPECT_EQ(made.status, 0) << made.errors;
  EXPECT_EQ(made.out, "{\"id\":\"r9\"}\n");
  EXPECT_EQ(run({"policy", "--of", of, "set", "local"}).status, 0);
  auto slot = slots_of(place, "p1").at(0);
  EXPECT_EQ(slot["max_bytes"], 8ull << 30) << "the node's";
  EXPECT_EQ(slot["max_records"], 1000);
  EXPECT_EQ(slot["idle_timeout_ms"], 7'200'000);
  EXPECT_EQ(slot["own_limits"], (nlohmann::json{"max_records", "idle_timeout_ms"}));
  auto bad = run({"slots", "create", "../r", "--max-bytes", "1Q", "--idle-timeout", "5"});
  EXPECT_EQ(bad.status, 2);
  for (const auto* part : {"ID (", "max-bytes (", "idle-timeout (", "of (not given)"})
    EXPECT_TRUE(bad.errors_mention(part)) << part << "\n" << bad.errors;
}

TEST(slots, have_every_field_that_scripts_rely_on) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  EXPECT_TRUE(comes_true([&] { return place.status("p1")["slots"].size() == 1; }));
  auto slot = place.status("p1")["slots"][0];
  for (const auto* key :
       {"id", "restart_lsn", "confirmed_flush_lsn", "confirmed_apply_lsn", "active", "valid",
        "invalidation_cause", "invalidated_at_ms", "last_seen_ms", "retained_bytes",
        "safe_bytes_left", "seconds_until_lost"})
    EXPECT_TRUE(slot.contains(key)) << key;
}

TEST(slots, of_a_dead_replica_survive_kill_9_and_are_detached_from) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  // Before that the append would be refused for want of a replica.
  ASSERT_TRUE(comes_true([&] { return slots_of(place, "p1").size() == 1; }));
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "ack_n=1"}, "x\n").status, 0);
  place.node("r1").kill();
  EXPECT_TRUE(comes_true([&] { return slots_of(place, "p1")[0]["active"] == false; }));
  EXPECT_EQ(run({"detach", "r1", "--of", place.address("p1")}).status, 0);
  EXPECT_EQ(run({"detach", "r1", "--of", place.address("p1")}).status, 1);
  EXPECT_EQ(slots_of(place, "p1").size(), 1u);
  auto listen = place.node("p1").listening();
  place.node("p1").kill();
  place.start_primary_at(listen, "p1");
  ASSERT_EQ(slots_of(place, "p1").size(), 1u);
  EXPECT_EQ(slots_of(place, "p1")[0]["id"], "r1");
}

TEST(slots, that_cost_too_much_are_given_up_and_the_log_is_pruned) {
  node_place place;
  place.start_primary("p1", {"--segment-size", "64K", "--max-record", "16K", "--slot-max-bytes",
                             "1M", "--retain-min", "64K"});
  EXPECT_EQ(run({"slots", "create", "gone", "--of", place.address("p1")}).status, 0);
  EXPECT_EQ(
      run({"append", "--to", place.address("p1"), "--size", "4K", "--count", "1000", "--quiet"})
          .status,
      0);
  EXPECT_TRUE(comes_true([&] { return slots_of(place, "p1")[0]["valid"] == false; }));
  EXPECT_EQ(slots_of(place, "p1")[0]["invalidation_cause"], "horizon");
  EXPECT_TRUE(comes_true([&] { return place.status("p1")["oldest_lsn"] > 500; }));
  EXPECT_NE(place.log_of("p1").find("slot invalidated slot=gone"), std::string::npos);
  auto pruned = run({"read", "--from", place.address("p1"), "--after", "0"});
  EXPECT_EQ(pruned.status, 1) << pruned.errors;
  EXPECT_TRUE(pruned.errors_mention("pruned"));
  auto oldest = place.status("p1")["oldest_lsn"].get<std::uint64_t>();
  auto followed = run({"read", "--from", place.address("p1"), "--after", "1", "--follow"});
  EXPECT_EQ(followed.status, 1) << followed.errors;
  EXPECT_TRUE(followed.errors_mention("the oldest is " + std::to_string(oldest)))
      << followed.errors;
  EXPECT_TRUE(followed.errors_mention("--after " + std::to_string(oldest - 1))) << followed.errors;
  place.stop_all();
  EXPECT_EQ(run({"verify", place.path("p1").string()}).status, 0);
}

/// A volume of its own in memory, where the machine permits.
class small_volume {
public:
  explicit small_volume(std::filesystem::path at) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    is_mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=32m") == 0;
  }
  small_volume(const small_volume&) = delete;
  small_volume& operator=(const small_volume&) = delete;
  ~small_volume() {
    if (is_mounted_)
      ::umount2(at_.c_str(), MNT_DETACH);
  }
  bool is_mounted() const { return is_mounted_; }

private:
  std::filesystem::path at_;
  bool is_mounted_ = false;
};

TEST(slots, of_dead_replicas_never_fill_a_small_volume) {
  node_place place;
  small_volume volume{place.path("p1")};
  if (!volume.is_mounted())
    GTEST_SKIP() << "this machine does not let the test mount a volume";
  place.start_primary("p1", {"--segment-size", "256K", "--max-record", "16K"});
  EXPECT_EQ(run({"slots", "create", "dead", "--of", place.address("p1")}).status, 0);
  auto written = run({"append", "--to", place.address("p1"), "--size", "4K", "--count", "20000",
                      "--in-flight", "16", "--quiet"});
  EXPECT_EQ(written.status, 0) << written.errors;
  EXPECT_EQ(slots_of(place, "p1")[0]["invalidation_cause"], "disk_pressure");
  EXPECT_EQ(place.status("p1")["durable_lsn"], 20000);
  place.stop_all();
  EXPECT_EQ(run({"verify", place.path("p1").string()}).status, 0);
}

TEST(slots, hold_the_log_of_a_replica_too_until_it_is_pruned_everywhere) {
  node_place place;
  arguments small{"--segment-size", "64K", "--max-record", "16K"};
  place.start_primary("p1", joined(small, {"--retain-min", "64K"}));
  place.start_replica("r1", place.address("p1"), small);
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "ack_n=1", "--size", "4K",
                 "--count", "500", "--quiet"})
                .status,
            0);
  EXPECT_TRUE(comes_true([&] { return place.status("p1")["oldest_lsn"] > 200; }));
  EXPECT_TRUE(comes_true([&] { return place.status("r1")["oldest_lsn"] > 200; }));
  place.stop_all();
  auto same = run({"verify", place.path("p1").string(), "--against", place.path("r1").string()});
  EXPECT_EQ(same.status, 0) << same.out << same.errors;
}

} // namespace
} // namespace sluice::testing
