#include <sluice/commit_policy.hpp>
#include <sluice/errc.hpp>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(commit_policy, reads_back_what_it_writes) {
  for (const auto* text : {"local", "ack_n=1", "ack_n=4294967295", "quorum", "regions=eu,us"}) {
    auto policy = parse_policy(text);
    ASSERT_TRUE(policy) << text;
    EXPECT_EQ(to_string(*policy), text);
  }
}

TEST(commit_policy, sorts_regions_and_counts_each_once) {
  EXPECT_EQ(to_string(*parse_policy("regions=us,eu,us")), "regions=eu,us");
}

// RedDB scenario 81, where a lenient parser makes these `local`.
TEST(commit_policy, is_refused_rather_than_weakened) {
  for (const auto* text : {"",
                           "nonsense",
                           "ack_n",
                           "ack_n=",
                           "ack_n=abc",
                           "ack_n=0",
                           "ack_n=-1",
                           "ack_n=+1",
                           "ack_n=1x",
                           "ack_n= 1",
                           "ack_n=4294967296",
                           "LOCAL",
                           " local",
                           "local ",
                           "quorum=2",
                           "regions",
                           "regions=",
                           "regions=eu,",
                           "regions=,eu",
                           "regions=e u",
                           "regions=.."}) {
    auto policy = parse_policy(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(code_of(policy.error()), errc::invalid_argument) << text;
  }
}

TEST(commit_policy, remote_wal_is_known_and_unsupported) {
  auto policy = parse_policy("remote_wal");
  ASSERT_FALSE(policy);
  EXPECT_EQ(code_of(policy.error()), errc::unsupported);
}

} // namespace
} // namespace sluice
