#include "replication/silence_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr silence_limits limits{seconds{1}, seconds{3}, 1000};

TEST(judge_silence, waits_while_an_answer_is_not_late) {
  EXPECT_EQ(judge_silence(seconds{1}, 0, limits), silence_verdict::wait);
}

TEST(judge_silence, asks_whether_a_node_lives_before_it_gives_it_up) {
  EXPECT_EQ(judge_silence(milliseconds{1001}, 0, limits), silence_verdict::ask);
  EXPECT_EQ(judge_silence(seconds{3}, 0, limits), silence_verdict::ask);
}

TEST(judge_silence, gives_up_a_node_that_does_not_answer_the_question) {
  EXPECT_EQ(judge_silence(milliseconds{3001}, 0, limits), silence_verdict::give_up);
}

TEST(judge_silence, lets_a_slow_link_carry_what_was_sent) {
  EXPECT_EQ(judge_silence(seconds{13}, 10'000, limits), silence_verdict::ask);
  EXPECT_EQ(judge_silence(milliseconds{13'001}, 10'000, limits), silence_verdict::give_up);
}

} // namespace
} // namespace sluice::replication
