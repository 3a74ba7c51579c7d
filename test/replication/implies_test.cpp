#include "replication/implies.hpp"
#include "replication/voter_set.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

bool implied(const std::string& asked, const std::string& floor, const std::string& declared) {
  return implies(policy_of(asked), policy_of(floor), members_of(declared));
}

struct cell {
  const char* asked;
  const char* floor;
  const char* declared;
  bool expected;
};

TEST(implies, holds_for_each_cell_of_the_order) {
  const char* none = "";
  const char* three = "p,a,b";
  const char* four = "p,a,b,c";
  const char* five = "p,a,b,c,d";
  const std::vector<cell> cells{
      {"local", "local", none, true},
      {"local", "ack_n=1", three, false},
      {"local", "quorum", three, false},
      {"local", "regions=eu", three, false},
      {"ack_n=1", "local", none, true},
      {"ack_n=2", "ack_n=2", none, true},
      {"ack_n=3", "ack_n=2", none, true},
      {"ack_n=1", "ack_n=2", none, false},
      {"ack_n=2", "quorum", three, false},
      {"ack_n=9", "quorum", three, false},
      {"ack_n=9", "regions=eu", three, false},
      {"quorum", "local", three, true},
      {"quorum", "quorum", three, true},
      {"quorum", "ack_n=1", three, true},
      {"quorum", "ack_n=2", three, false},
      {"quorum", "ack_n=2", four, true},
      {"quorum", "ack_n=2", five, true},
      {"quorum", "ack_n=3", five, false},
      {"quorum", "ack_n=1", none, false},
      {"quorum", "regions=eu", five, false},
      {"regions=eu", "local", none, true},
      {"regions=eu", "regions=eu", none, true},
      {"regions=eu,us", "regions=eu", none, true},
      {"regions=eu", "regions=eu,us", none, false},
      {"regions=eu", "regions=us", none, false},
      {"regions=eu,us", "ack_n=2", none, true},
      {"regions=eu,us", "ack_n=3", none, false},
      {"regions=eu,us", "quorum", three, false},
  };
  for (const auto& x : cells)
    EXPECT_EQ(implied(x.asked, x.floor, x.declared), x.expected)
        << x.asked << " -> " << x.floor << " of " << x.declared;
}

TEST(implies, lets_everything_stand_for_a_majority_of_one) {
  for (const auto* asked : {"local", "ack_n=1", "quorum", "regions=eu"})
    EXPECT_TRUE(implied(asked, "quorum", "p")) << asked;
  EXPECT_FALSE(implied("quorum", "ack_n=1", "p"));
}

// RedDB scenario 82: an override that is weaker than the floor is a violation.
TEST(implies, refuses_a_single_ack_under_a_floor_of_quorum) {
  EXPECT_FALSE(implied("ack_n=1", "quorum", "p,a,b"));
}

/// Every placement of four voters (position 0 or 1, one of two regions) agrees: where
/// `asked` is met, so is what it implies.
TEST(implies, is_never_contradicted_by_a_watermark) {
  const std::vector<std::string> texts{"local",      "ack_n=1",       "ack_n=2", "ack_n=3",
                                       "regions=eu", "regions=eu,us", "quorum"};
  const std::vector<std::string> ids{"a", "b", "x", "y"};
  for (const auto* declared : {"", "p", "p,a", "p,a,b", "p,a,b,c"}) {
    for (unsigned bits = 0; bits < 256; ++bits) {
      std::vector<voter> voters;
      for (unsigned i = 0; i < ids.size(); ++i)
        voters.push_back(voter_at(ids[i], bits >> i & 1, bits >> (i + 4) & 1 ? "eu" : "us"));
      auto set = voters_of(voters, 1, declared);
      for (const auto& asked : texts)
        for (const auto& floor : texts)
          if (implied(asked, floor, declared)) {
            ASSERT_LE(watermark(policy_of(asked), set), watermark(policy_of(floor), set))
                << asked << " -> " << floor << " of " << declared << " at " << bits;
          }
    }
  }
}

TEST(implies, is_a_partial_order) {
  const std::vector<std::string> texts{"local",      "ack_n=1",       "ack_n=2", "ack_n=3",
                                       "regions=eu", "regions=eu,us", "quorum"};
  for (const auto* declared : {"", "p", "p,a", "p,a,b", "p,a,b,c,d"})
    for (const auto& a : texts) {
      EXPECT_TRUE(implied(a, a, declared)) << a;
      for (const auto& b : texts)
        for (const auto& c : texts)
          if (implied(a, b, declared) && implied(b, c, declared)) {
            EXPECT_TRUE(implied(a, c, declared)) << a << b << c << " of " << declared;
          }
    }
}

} // namespace
} // namespace sluice::replication
