#include "net/promotion_report.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::net {
namespace {

struct planned {
  planned() {
    own.node = "r1";
    own.end = {term{2}, lsn{300}};
  }

  void answers(const std::string& node, replication::history_end end) {
    asked[node].node = {node, node + ":4150"};
    asked[node].reply = messages::grant_reply{};
    asked[node].reply->last_term = end.last_term;
    asked[node].reply->flushed = end.flushed;
  }

  /// What is said of a node.
  std::string line_of(const std::string& node) const {
    std::istringstream text{plan_text(own, {}, "r1:4150", asked)};
    for (std::string line; std::getline(text, line);)
      if (line.starts_with("node=" + node + " "))
        return line;
    return {};
  }

  bool is_eligible(const std::string& node) const {
    return line_of(node).find(" eligible=yes") != std::string::npos;
  }

  messages::candidacy own;
  std::map<std::string, asked_node> asked;
};

TEST(plan_of_a_promotion, names_who_holds_most_of_the_newest_term) {
  planned x;
  x.answers("r2", {term{2}, lsn{450}});
  x.answers("r3", {term{1}, lsn{900}});
  EXPECT_TRUE(x.is_eligible("r2"));
  EXPECT_FALSE(x.is_eligible("r1"));
  EXPECT_FALSE(x.is_eligible("r3")) << "what it has is of a history that was left";
  EXPECT_NE(x.line_of("r1").find("lsns_at_risk=150 why=\"behind_watermark\""), std::string::npos)
      << x.line_of("r1");
}

TEST(plan_of_a_promotion, says_why_a_node_cannot_be_promoted) {
  planned x;
  x.own.obstacle = "its log has failed";
  x.asked["r2"].node = {"r2", "r2:4150"};
  x.asked["r2"].trouble = "did not answer";
  EXPECT_FALSE(x.is_eligible("r1"));
  EXPECT_NE(x.line_of("r1").find("why=\"its log has failed\""), std::string::npos);
  EXPECT_EQ(x.line_of("r2"),
            "node=r2 endpoint=r2:4150 reachable=no eligible=no why=\"did not answer\"");
}

} // namespace
} // namespace sluice::net
