#include "tools/status_text.hpp"

#include <gtest/gtest.h>

namespace sluice::tools {
namespace {

node_status sample() {
  node_status status;
  status.role = "primary";
  status.name = "p1";
  status.state = "failed";
  status.failure = "a \"quoted\" reason";
  status.durable = lsn{12};
  status.replicas.push_back({});
  status.replicas.back().id = "r1";
  status.replicas.back().flushed = lsn{11};
  return status;
}

TEST(status_json, is_one_line_that_escapes_what_it_tells) {
  auto text = status_json(sample());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find(R"("failure":"a \"quoted\" reason")"), std::string::npos);
  EXPECT_NE(text.find(R"("durable_lsn":12)"), std::string::npos);
  EXPECT_NE(text.find(R"("flushed_lsn":11)"), std::string::npos);
}

TEST(status_table, says_what_would_become_of_an_absent_replica) {
  node_status status;
  status.role = "primary";
  status.replicas.push_back({});
  status.replicas.back().id = "r1";
  status.replicas.back().resume_plan = "rebootstrap from 100: horizon";
  EXPECT_NE(status_table(status).find("would rebootstrap from 100: horizon"), std::string::npos);
  EXPECT_NE(status_json(status).find("\"resume_plan\":\"rebootstrap from 100: horizon\""),
            std::string::npos);
  status.replicas.back().rebootstrapping = true;
  EXPECT_NE(status_table(status).find("  rebootstrapping"), std::string::npos);
  EXPECT_NE(status_json(status).find("\"rebootstrapping\":true"), std::string::npos);
}

TEST(status_text, shows_how_far_a_snapshot_is_on_both_ends) {
  node_status status;
  status.role = "replica";
  status.snapshot = snapshot_progress{"sending", lsn{42}, 250, 1000, 7};
  EXPECT_NE(status_table(status).find("snapshot sending at=42 25% of 1000 bytes, 7 s left\n"),
            std::string::npos);
  auto progress = std::string{R"({"stage":"sending","at_lsn":42,"bytes":250,)"}
                  + R"("total_bytes":1000,"seconds_left":7})";
  EXPECT_NE(status_json(status).find("\"snapshot\":" + progress), std::string::npos);
  EXPECT_EQ(status_table(status).find("healthy"), std::string::npos);
  status.snapshot.reset();
  status.replicas.push_back({});
  status.replicas.back().id = "r2";
  status.replicas.back().state = "snapshotting";
  status.replicas.back().snapshot = snapshot_progress{"building", no_lsn, 10, 0, std::nullopt};
  auto text = status_table(status);
  EXPECT_NE(text.find("snapshot building 10 bytes"), std::string::npos);
  EXPECT_NE(text.find("healthy"), std::string::npos) << "a replica gives them, too";
  status.replicas.back().resume_plan = "snapshot at least 9: horizon";
  EXPECT_EQ(status_table(status).find("would"), std::string::npos) << "it does already";
  EXPECT_NE(status_json(status).find(R"("seconds_left":null)"), std::string::npos);
}

TEST(status_text, says_why_no_snapshot_can_be_given) {
  auto status = sample();
  EXPECT_EQ(status_table(status).find("snapshot"), std::string::npos);
  EXPECT_NE(status_json(status).find(R"("snapshot":null,"snapshot_trouble":"")"),
            std::string::npos);
  status.snapshot_trouble = "no room";
  EXPECT_NE(status_table(status).find("snapshot cannot be given: no room\n"), std::string::npos);
}

TEST(status_table, shows_the_failure_and_each_replica) {
  auto text = status_table(sample());
  EXPECT_NE(text.find("failed: a \"quoted\" reason"), std::string::npos);
  EXPECT_NE(text.find("\nr1 "), std::string::npos);
}

} // namespace
} // namespace sluice::tools
