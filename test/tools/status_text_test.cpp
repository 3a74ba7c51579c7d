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

TEST(status_table, shows_the_failure_and_each_replica) {
  auto text = status_table(sample());
  EXPECT_NE(text.find("failed: a \"quoted\" reason"), std::string::npos);
  EXPECT_NE(text.find("\nr1 "), std::string::npos);
}

} // namespace
} // namespace sluice::tools
