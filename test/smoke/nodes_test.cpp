#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace sluice::testing {
namespace {

constexpr std::chrono::seconds end_within{5};

TEST(a_node, says_in_one_line_that_it_is_ready) {
  node_place place;
  auto& primary = place.start_primary("p1");
  EXPECT_EQ(primary.ready(), "ready role=primary name=p1 listen=" + place.address("p1")
                                 + " term=1 timeline=1 durable_lsn=0");
  auto& replica = place.start_replica("r1", place.address("p1"));
  auto words = tools::parse_ready(replica.ready());
  EXPECT_EQ(words["role"], "replica");
  EXPECT_EQ(words["name"], "r1");
  EXPECT_EQ(words["durable_lsn"], "0");
}

TEST(a_node, with_members_is_ready_before_they_confirm_it) {
  node_place place;
  auto& primary = place.start_primary("p1", {"--members", "p1,r1,r2"});
  EXPECT_EQ(tools::parse_ready(primary.ready())["state"], "confirming");
  auto refused = run({"append", "--to", place.address("p1"), "--timeout", "300ms"}, "x\n");
  EXPECT_EQ(refused.status, 5) << refused.errors;
  EXPECT_TRUE(refused.errors_mention("not_confirmed"));
  EXPECT_EQ(place.status("p1")["durable_lsn"], 0) << "nothing was written";
}

TEST(a_node, remembers_its_name_and_members) {
  node_place place;
  place.start_cluster();
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "x\n").status, 0);
  auto listen = place.address("p1");
  place.node("p1").kill();
  tools::node_process_start again;
  again.program = tool();
  again.arguments = {"primary", "--data", place.path("p1").string(), "--policy", "quorum"};
  again.listen = place.node("p1").listening();
  again.log = place.path("again.log");
  auto primary = tools::node_process::start(again);
  ASSERT_TRUE(primary) << content_of(again.log);
  EXPECT_EQ(tools::parse_ready(primary->ready())["name"], "p1");
  EXPECT_EQ(run({"append", "--to", listen}, "y\n").status, 0);
}

TEST(a_node, ends_well_on_either_signal) {
  node_place place;
  for (auto number : {SIGTERM, SIGINT}) {
    auto& node = place.start_primary("p1");
    EXPECT_EQ(run({"append", "--to", place.address("p1")}, "x\n").status, 0);
    node.process().signal(number);
    EXPECT_EQ(node.process().wait_for(end_within), 0);
  }
  EXPECT_EQ(run({"read", "--data", place.path("p1").string()}).out, "x\nx\n");
}

TEST(a_node, ends_well_under_load) {
  node_place place;
  place.start_cluster();
  auto load = start_append({"--to", place.address("p1"), "--size", "1K", "--count", "100000000"},
                           place.path("load.errors"));
  ASSERT_TRUE(load.read_line(std::chrono::seconds{10}));
  place.node("p1").process().signal(SIGTERM);
  EXPECT_EQ(place.node("p1").process().wait_for(end_within), 0) << place.log_of("p1");
  place.node("r1").process().signal(SIGTERM);
  EXPECT_EQ(place.node("r1").process().wait_for(end_within), 0) << place.log_of("r1");
  EXPECT_EQ(run({"verify", place.path("p1").string()}).status, 0);
}

TEST(a_node, logs_json_when_told_to) {
  node_place place;
  place.start_primary("p1", {"--log-json"});
  place.stop_all();
  auto lines = lines_of(place.log_of("p1"));
  ASSERT_FALSE(lines.empty());
  for (const auto& line : lines)
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(status, has_every_field_that_scripts_rely_on) {
  node_place place;
  place.start_cluster();
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "x\n").status, 0);
  auto status = place.status("p1");
  for (const auto* key :
       {"role", "name", "cluster", "region", "term", "timeline", "state", "failure", "oldest_lsn",
        "written_lsn", "durable_lsn", "commit_watermark", "topology_epoch", "partial_resync_total",
        "full_resync_total", "slots", "replicas", "commits", "flow_control"})
    EXPECT_TRUE(status.contains(key)) << key;
  EXPECT_EQ(status["state"], "serving");
  EXPECT_EQ(status["durable_lsn"], 1);
  ASSERT_EQ(status["replicas"].size(), 2u);
  for (const auto* key :
       {"id", "region", "connected", "state", "received_lsn", "flushed_lsn", "applied_lsn",
        "sent_lsn", "lag_records", "lag_bytes", "lag_seconds", "in_flight_bytes", "healthy",
        "rebootstrapping", "apply_errors", "divergences", "reconnects"})
    EXPECT_TRUE(status["replicas"][0].contains(key)) << key;
  for (const auto* key : {"waiting", "reached", "timed_out", "refused", "p50_us", "p99_us"})
    EXPECT_TRUE(status["commits"].contains(key)) << key;
}

TEST(status, of_a_replica_without_members_says_what_it_may_apply) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  std::vector<std::string> append{"append", "--to", place.address("p1"), "--policy", "ack_n=1"};
  EXPECT_EQ(run(append, "x\ny\n").status, 0);
  EXPECT_EQ(place.status("r1")["commit_watermark"], 2);
}

} // namespace
} // namespace sluice::testing
