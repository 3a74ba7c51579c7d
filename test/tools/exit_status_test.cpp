#include "tools/exit_status.hpp"
#include "tools/node_process.hpp"

#include <gtest/gtest.h>

namespace sluice::tools {
namespace {

TEST(exit_status_of, follows_the_contract) {
  using enum exit_status;
  EXPECT_EQ(exit_status_of(errc::invalid_argument), bad_usage);
  EXPECT_EQ(exit_status_of(errc::unsupported), bad_usage);
  EXPECT_EQ(exit_status_of(errc::locked), failed);
  EXPECT_EQ(exit_status_of(errc::no_space), failed);
  EXPECT_EQ(exit_status_of(errc::insufficient_replicas), failed);
  EXPECT_EQ(exit_status_of(errc::missing_regions), failed);
  EXPECT_EQ(exit_status_of(errc::lsn_mismatch), failed);
  EXPECT_EQ(exit_status_of(errc::commit_timeout), exit_status::outcome_unknown);
  EXPECT_EQ(exit_status_of(errc::corruption), damaged);
  EXPECT_EQ(exit_status_of(errc::unknown_version), damaged);
  EXPECT_EQ(exit_status_of(errc::wrong_cluster), refused);
  EXPECT_EQ(exit_status_of(errc::wrong_role), refused);
  EXPECT_EQ(exit_status_of(errc::below_floor), refused);
  EXPECT_EQ(exit_status_of(errc::not_confirmed), refused);
  EXPECT_EQ(exit_status_of(errc::unreachable), exit_status::unreachable);
}

TEST(exit_status_of, an_append_is_that_of_its_outcome) {
  EXPECT_EQ(exit_status_of(append_outcome{committed{}}), exit_status::done);
  EXPECT_EQ(exit_status_of(append_outcome{commit_timeout{}}), exit_status::outcome_unknown);
  EXPECT_EQ(exit_status_of(append_outcome{append_failed{errc::fenced, "", {}}}),
            exit_status::refused);
}

TEST(parse_ready, reads_the_words_of_a_ready_line_only) {
  auto words = parse_ready("ready role=primary name=p1 listen=[::1]:7 state=confirming");
  EXPECT_EQ(words.size(), 4u);
  EXPECT_EQ(words["listen"], "[::1]:7");
  EXPECT_TRUE(parse_ready("steady role=primary").empty());
  EXPECT_TRUE(parse_ready("").empty());
}

} // namespace
} // namespace sluice::tools
