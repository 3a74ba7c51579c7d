#include "replication/registry.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

const ack_context current{term{3}, timeline_id{1}, lsn{1000}};

class a_registry : public ::testing::Test {
protected:
  void join(const hello_facts& hello, std::uint64_t watermark = 0, std::uint64_t now = 1) {
    auto verdict = replicas.judge(hello, primary_of_c1());
    ASSERT_TRUE(std::holds_alternative<hello_accepted>(verdict))
        << std::get<hello_rejected>(verdict).text;
    replicas.join(hello, std::get<hello_accepted>(verdict), lsn{watermark}, monotonic_ns{now});
  }

  ack_verdict ack(const ack_facts& facts) {
    return replicas.record_ack(facts, current, {}, monotonic_ns{5});
  }

  registry replicas{3};
};

TEST_F(a_registry, lets_a_new_replica_start_at_nothing_whatever_it_claims) {
  auto hello = hello_of();
  hello.flushed = lsn{900};
  join(hello);
  EXPECT_EQ(replicas.find("r1")->at, positions{});
  EXPECT_EQ(replicas.voters(), (std::vector{voter_at("r1", 0)}));
}

// RedDB scenario 21.
TEST_F(a_registry, keeps_progress_when_a_replica_returns) {
  join(hello_of("r1", session_of(7, 1, 1)));
  replicas.note_sent("r1", lsn{42});
  ack(ack_of(positions_at(42, 40, 40), "r1", session_of(7, 1, 1)));
  auto again = hello_of("r1", session_of(7, 1, 2));
  again.flushed = lsn{42};
  join(again);
  EXPECT_EQ(replicas.size(), 1u);
  EXPECT_EQ(replicas.find("r1")->at, positions_at(42, 40, 40));
  EXPECT_EQ(replicas.find("r1")->sent, lsn{42});
  EXPECT_EQ(replicas.find("r1")->reconnects, 1u);
}

// RedDB scenario 20, without its epoch.
TEST_F(a_registry, forgets_a_detached_replica_and_its_late_acks) {
  join(hello_of());
  EXPECT_TRUE(replicas.detach("r1"));
  EXPECT_FALSE(replicas.detach("r1"));
  EXPECT_EQ(ack(ack_of(positions_at(1, 1, 1))),
            ack_verdict(ack_dropped{ack_refusal::unknown_replica}));
  EXPECT_EQ(replicas.size(), 0u);
}

TEST_F(a_registry, makes_a_replica_that_lost_its_data_catch_up_before_it_votes) {
  join(hello_of("r1", session_of(7)));
  ack(ack_of(positions_at(90, 90, 90)));
  replicas.disconnect("r1", session_of(7));
  join(hello_of("r1", session_of(8)), 80);
  EXPECT_EQ(replicas.find("r1")->data_losses, 1u);
  EXPECT_EQ(replicas.voters(), (std::vector{voter_at("r1", 0, "", false)}));
  ack(ack_of(positions_at(79, 79, 79), "r1", session_of(8)));
  EXPECT_FALSE(replicas.voters()[0].valid);
  ack(ack_of(positions_at(80, 80, 79), "r1", session_of(8)));
  EXPECT_EQ(replicas.voters(), (std::vector{voter_at("r1", 80)}));
}

TEST_F(a_registry, counts_as_a_reconnect_each_return_and_nothing_else) {
  join(hello_of("r1", session_of(7, 1, 1)));
  auto reconnects = [this] { return replicas.find("r1")->reconnects; };
  EXPECT_EQ(reconnects(), 0u);
  replicas.record_ack(ack_of(positions_at(5, 5, 4), "r1", session_of(7, 1, 1)), current, {3, 0},
                      monotonic_ns{5});
  replicas.disconnect("r1", session_of(7, 1, 1));
  EXPECT_EQ(replicas.find("r1")->apply_errors, 3u);
  EXPECT_EQ(reconnects(), 0u);
  join(hello_of("r1", session_of(7, 1, 9)));
  EXPECT_EQ(reconnects(), 1u) << "however often it tried meanwhile";
  join(hello_of("r1", session_of(7, 1, 10)));
  EXPECT_EQ(reconnects(), 2u);
}

TEST_F(a_registry, does_not_count_a_replica_whose_slot_is_invalid) {
  join(hello_of());
  ack(ack_of(positions_at(5, 5, 5)));
  EXPECT_TRUE(replicas.set_slot_valid("r1", false));
  EXPECT_FALSE(replicas.voters()[0].valid);
  EXPECT_EQ(ack(ack_of(positions_at(6, 6, 6))),
            ack_verdict(ack_dropped{ack_refusal::invalid_slot}));
  EXPECT_FALSE(replicas.set_slot_valid("r9", true));
}

TEST_F(a_registry, counts_refused_acks_by_reason) {
  join(hello_of());
  ack(ack_of(positions_at(2000, 0, 0)));
  ack(ack_of(positions_at(2000, 0, 0)));
  auto counts = replicas.find("r1")->refused_acks;
  EXPECT_EQ(counts[static_cast<std::size_t>(ack_refusal::past_durable)], 2u);
  EXPECT_EQ(replicas.find("r1")->at, positions{});
}

TEST_F(a_registry, ignores_the_end_of_a_session_that_was_replaced) {
  join(hello_of("r1", session_of(7, 1, 1)));
  join(hello_of("r1", session_of(7, 1, 2)));
  EXPECT_FALSE(replicas.disconnect("r1", session_of(7, 1, 1)));
  EXPECT_TRUE(replicas.find("r1")->connected);
  EXPECT_TRUE(replicas.disconnect("r1", session_of(7, 1, 2)));
  EXPECT_FALSE(replicas.find("r1")->connected);
}

TEST_F(a_registry, is_bounded) {
  for (std::uint64_t i = 1; i <= 3; ++i)
    join(hello_of("r" + std::to_string(i), session_of(10 + i)));
  auto verdict = replicas.judge(hello_of("r4", session_of(14)), primary_of_c1());
  EXPECT_EQ(std::get<hello_rejected>(verdict).reason, hello_refusal::too_many_replicas);
}

TEST_F(a_registry, knows_a_directory_under_another_name) {
  join(hello_of("r1", session_of(7)));
  auto verdict = replicas.judge(hello_of("r2", session_of(7)), primary_of_c1());
  EXPECT_EQ(std::get<hello_rejected>(verdict).reason, hello_refusal::duplicate_identity);
}

TEST_F(a_registry, keeps_a_region_until_another_is_given) {
  auto hello = hello_of("r1", session_of(7, 1, 1));
  hello.region = "eu";
  join(hello);
  join(hello_of("r1", session_of(7, 1, 2)));
  EXPECT_EQ(replicas.find("r1")->region, "eu");
}

// RedDB scenarios 23 and 90.
TEST_F(a_registry, sums_up_progress) {
  EXPECT_EQ(replicas.progress(), std::nullopt);
  join(hello_of("r1", session_of(7)));
  join(hello_of("r2", session_of(8)));
  replicas.note_sent("r1", lsn{120});
  replicas.note_sent("r2", lsn{100});
  ack(ack_of(positions_at(120, 100, 90)));
  ack(ack_of(positions_at(80, 70, 70), "r2", session_of(8)));
  EXPECT_EQ(replicas.progress(), (replication_progress{50, lsn{70}}));
}

// -- beginning anew (decision 12) -----------------------------------------------------------

TEST_F(a_registry, counts_nothing_that_a_replica_had_before_it_began_anew) {
  join(hello_of());
  ack(ack_of(positions_at(40, 40, 40)));
  auto hello = hello_of("r1", session_of(7, 1, 2));
  hello.flushed = lsn{40};
  EXPECT_TRUE(replicas.begin_anew(hello, {}, lsn{100}, monotonic_ns{6}));
  EXPECT_FALSE(replicas.begin_anew(hello, {}, lsn{100}, monotonic_ns{7}));
  EXPECT_EQ(replicas.find("r1")->at, positions{});
  EXPECT_TRUE(replicas.find("r1")->rebootstrapping);
  EXPECT_FALSE(replicas.find("r1")->connected);
  auto again = hello_of("r1", session_of(7, 1, 3));
  again.flushed = lsn{89};
  join(again);
  ack(ack_of(positions_at(99, 99, 99), "r1", session_of(7, 1, 3)));
  EXPECT_TRUE(replicas.find("r1")->rebootstrapping);
  EXPECT_FALSE(voter_of(*replicas.find("r1")).valid);
  ack(ack_of(positions_at(100, 100, 100), "r1", session_of(7, 1, 3)));
  EXPECT_FALSE(replicas.find("r1")->rebootstrapping);
  EXPECT_TRUE(voter_of(*replicas.find("r1")).valid);
  EXPECT_EQ(replicas.find("r1")->data_losses, 0u);
}

TEST_F(a_registry, sees_that_a_replica_that_begins_anew_had_lost_its_data) {
  join(hello_of());
  ack(ack_of(positions_at(40, 40, 40)));
  replicas.disconnect("r1", session_of(7));
  auto wiped = hello_of("r1", session_of(8));
  auto verdict = replicas.judge(wiped, primary_of_c1());
  ASSERT_TRUE(std::holds_alternative<hello_accepted>(verdict));
  replicas.begin_anew(wiped, std::get<hello_accepted>(verdict), lsn{100}, monotonic_ns{6});
  EXPECT_EQ(replicas.find("r1")->data_losses, 1u);
}

} // namespace
} // namespace sluice::replication
