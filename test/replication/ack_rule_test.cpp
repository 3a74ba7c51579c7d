#include "replication/ack_rule.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

const ack_context current{term{3}, timeline_id{1}, lsn{100}};

ack_verdict judge(const ack_facts& ack, const registered_replica& known = registered()) {
  return judge_ack(&known, ack, current);
}

ack_verdict dropped(ack_refusal reason) {
  return ack_dropped{reason};
}

TEST(judge_ack, takes_over_positions) {
  EXPECT_EQ(judge(ack_of(positions_at(9, 8, 7))), ack_verdict(ack_accepted{positions_at(9, 8, 7)}));
}

TEST(judge_ack, never_takes_a_position_back) {
  auto known = registered();
  known.at = positions_at(9, 5, 5);
  EXPECT_EQ(judge(ack_of(positions_at(8, 8, 4)), known),
            ack_verdict(ack_accepted{positions_at(9, 8, 5)}));
}

TEST(judge_ack, drops_an_id_that_never_joined) {
  EXPECT_EQ(judge_ack(nullptr, ack_of({}), current), dropped(ack_refusal::unknown_replica));
}

TEST(judge_ack, drops_what_comes_from_another_directory) {
  EXPECT_EQ(judge(ack_of({}, "r1", session_of(8, 9, 9))), dropped(ack_refusal::other_storage));
}

TEST(judge_ack, drops_what_an_earlier_life_or_connection_sent) {
  auto known = registered("r1", session_of(7, 2, 5));
  EXPECT_EQ(judge(ack_of({}, "r1", session_of(7, 1, 9)), known),
            dropped(ack_refusal::stale_incarnation));
  EXPECT_EQ(judge(ack_of({}, "r1", session_of(7, 2, 4)), known),
            dropped(ack_refusal::stale_incarnation));
}

TEST(judge_ack, drops_what_a_session_sent_that_never_said_hello) {
  EXPECT_EQ(judge(ack_of({}, "r1", session_of(7, 2, 1))),
            dropped(ack_refusal::unannounced_session));
}

TEST(judge_ack, drops_acks_of_other_histories) {
  auto ack = ack_of(positions_at(1, 1, 1));
  ack.term = term{2};
  EXPECT_EQ(judge(ack), dropped(ack_refusal::older_term));
  ack.term = term{4};
  EXPECT_EQ(judge(ack), dropped(ack_refusal::newer_term));
  ack.term = term{3};
  ack.timeline = timeline_id{2};
  EXPECT_EQ(judge(ack), dropped(ack_refusal::other_timeline));
}

TEST(judge_ack, drops_positions_above_the_primary) {
  EXPECT_EQ(judge(ack_of(positions_at(100, 100, 100))),
            ack_verdict(ack_accepted{positions_at(100, 100, 100)}));
  EXPECT_EQ(judge(ack_of(positions_at(101, 100, 100))), dropped(ack_refusal::past_durable));
  auto most = ~std::uint64_t{0};
  EXPECT_EQ(judge(ack_of(positions_at(most, most, most))), dropped(ack_refusal::past_durable));
}

TEST(judge_ack, drops_positions_that_contradict_each_other) {
  EXPECT_EQ(judge(ack_of(positions_at(5, 6, 5))), dropped(ack_refusal::not_ordered));
  EXPECT_EQ(judge(ack_of(positions_at(6, 5, 6))), dropped(ack_refusal::not_ordered));
}

TEST(judge_ack, drops_acks_of_a_replica_whose_slot_is_invalid) {
  auto known = registered();
  known.slot_valid = false;
  EXPECT_EQ(judge(ack_of(positions_at(5, 5, 5)), known), dropped(ack_refusal::invalid_slot));
}

TEST(judge_ack, tells_of_a_newer_term_even_when_the_slot_is_invalid) {
  auto known = registered();
  known.slot_valid = false;
  auto ack = ack_of({});
  ack.term = term{4};
  EXPECT_EQ(judge(ack, known), dropped(ack_refusal::newer_term));
}

TEST(ack_refusal, has_a_name_for_each_value) {
  for (std::size_t i = 0; i < ack_refusal_count; ++i)
    EXPECT_NE(to_string(static_cast<ack_refusal>(i)), "unknown") << i;
}

} // namespace
} // namespace sluice::replication
