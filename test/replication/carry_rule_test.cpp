#include "replication/carry_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

TEST(append_of_an_old_primary, is_carried_over_when_nothing_was_written) {
  for (auto code : {errc::fenced, errc::not_primary, errc::closed})
    for (auto is_stamped : {false, true})
      EXPECT_TRUE(may_carry_over(append_failed{code, {}, {}}, is_stamped)) << to_string(code);
}

TEST(append_of_an_old_primary, is_carried_over_as_unknown_only_with_a_stamp) {
  outcome_unknown unknown{{lsn{3}, lsn{4}}, "deposed"};
  EXPECT_TRUE(may_carry_over(unknown, true));
  EXPECT_FALSE(may_carry_over(unknown, false));
}

TEST(append_of_an_old_primary, keeps_every_other_answer) {
  EXPECT_FALSE(may_carry_over(committed{}, true));
  EXPECT_FALSE(may_carry_over(commit_timeout{}, true));
  for (auto code : {errc::overloaded, errc::below_floor, errc::timed_out, errc::no_space,
                    errc::log_failed, errc::lsn_mismatch, errc::not_confirmed})
    EXPECT_FALSE(may_carry_over(append_failed{code, {}, {}}, true)) << to_string(code);
}

} // namespace
} // namespace sluice::replication
