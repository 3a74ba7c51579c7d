#include "replication/flow_control.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr monotonic_ns start{1'000'000'000'000};

monotonic_ns after(nanoseconds delay) {
  return later(start, delay);
}

flow_control_limits bytes_only(std::uint64_t soft, std::uint64_t hard) {
  return {soft, hard, milliseconds{0}, milliseconds{0}};
}

follower follower_at(std::string id, std::uint64_t durable, monotonic_ns heard = start) {
  return {std::move(id), "", lsn{durable}, true, true, heard};
}

/// A log of 500 records of one byte each, one a batch, written at `start`.
flow_gauge gauge_at_500(flow_control_limits limits) {
  flow_gauge gauge{limits, no_lsn};
  for (std::uint64_t i = 1; i <= 500; ++i)
    gauge.note_written(lsn{i}, 1, start);
  return gauge;
}

// -- the delay -----------------------------------------------------------------------------

// RedDB scenario 93: exactly at the target nothing is throttled.
TEST(judge_flow, delays_nothing_through_the_soft_limit) {
  EXPECT_EQ(judge_flow({100, seconds{1}}, {100, 1000, seconds{1}, seconds{30}}),
            (flow_verdict{flow_state::open, nanoseconds{0}}));
}

TEST(judge_flow, grows_without_a_step_and_never_falls) {
  flow_control_limits limits{1'000'000, 9'000'000, seconds{1}, seconds{9}};
  auto before = judge_flow({0, {}}, limits).delay;
  for (std::uint64_t bytes = 0; bytes < 9'000'000; bytes += 1000) {
    auto verdict = judge_flow({bytes, {}}, limits);
    EXPECT_GE(verdict.delay, before);
    EXPECT_LE(verdict.delay - before, flow_delay_max / 1000) << bytes;
    before = verdict.delay;
  }
  before = nanoseconds{0};
  for (nanoseconds time{0}; time < seconds{9}; time += milliseconds{1}) {
    auto verdict = judge_flow({0, time}, limits);
    EXPECT_GE(verdict.delay, before);
    EXPECT_LE(verdict.delay - before, flow_delay_max / 1000) << time.count();
    before = verdict.delay;
  }
}

TEST(judge_flow, reaches_the_longest_delay_at_the_hard_limit_and_refuses_there) {
  auto limits = bytes_only(100, 200);
  EXPECT_EQ(judge_flow({199, {}}, limits).state, flow_state::slowing);
  EXPECT_GT(judge_flow({199, {}}, limits).delay, flow_delay_max * 95 / 100);
  EXPECT_EQ(judge_flow({200, {}}, limits).state, flow_state::refusing);
}

TEST(judge_flow, takes_the_worse_of_bytes_and_time) {
  flow_control_limits limits{100, 200, seconds{1}, seconds{2}};
  EXPECT_EQ(judge_flow({150, milliseconds{1500}}, limits).delay,
            judge_flow({150, {}}, limits).delay);
  EXPECT_GT(judge_flow({150, milliseconds{1800}}, limits).delay,
            judge_flow({150, {}}, limits).delay);
  EXPECT_EQ(judge_flow({0, seconds{2}}, limits).state, flow_state::refusing);
}

TEST(judge_flow, never_refuses_without_a_hard_limit) {
  auto verdict = judge_flow({UINT64_MAX, {}}, bytes_only(100, 0));
  EXPECT_EQ(verdict.state, flow_state::slowing);
  EXPECT_EQ(verdict.delay, flow_delay_max);
}

TEST(judge_flow, only_refuses_without_a_soft_limit) {
  EXPECT_EQ(judge_flow({99, {}}, bytes_only(0, 100)).state, flow_state::open);
  EXPECT_EQ(judge_flow({100, {}}, bytes_only(0, 100)).state, flow_state::refusing);
}

// RedDB scenario 95: a target of 0 releases at once.
TEST(judge_flow, is_off_without_any_limit) {
  EXPECT_EQ(judge_flow({UINT64_MAX, seconds{1000}}, bytes_only(0, 0)), flow_verdict{});
}

// -- who counts ----------------------------------------------------------------------------

TEST(is_awaited, names_those_that_the_policy_counts) {
  auto declared = *members::make({"p", "r1"});
  follower member{"r1", "eu", {}, true, true, {}};
  follower reader{"x", "eu", {}, true, true, {}};
  EXPECT_FALSE(is_awaited(member, policy_local{}, declared));
  EXPECT_TRUE(is_awaited(member, policy_quorum{}, declared));
  EXPECT_TRUE(is_awaited(member, policy_ack_n{1}, declared));
  EXPECT_FALSE(is_awaited(reader, policy_quorum{}, declared));
  EXPECT_FALSE(is_awaited(reader, policy_ack_n{1}, declared));
  EXPECT_TRUE(is_awaited(reader, policy_ack_n{1}, members{}));
  EXPECT_TRUE(is_awaited(reader, policy_regions{{"eu"}}, members{}));
  EXPECT_FALSE(is_awaited(reader, policy_regions{{"us"}}, members{}));
}

// RedDB scenario 92, in bytes: target 100, head 500, acked 450 then 350.
TEST(flow_gauge, measures_the_slowest_voter) {
  auto gauge = gauge_at_500(bytes_only(100, 0));
  gauge.see({follower_at("r1", 450)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).lag.bytes, 50u);
  for (std::uint64_t i = 501; i <= 600; ++i)
    gauge.note_written(lsn{i}, 1, start);
  gauge.see({follower_at("r1", 450), follower_at("r2", 600)});
  auto reading = gauge.measure(policy_ack_n{1}, {}, start);
  EXPECT_EQ(reading.lag.bytes, 150u);
  EXPECT_EQ(reading.slowest, "r1");
  gauge.see({follower_at("r1", 590), follower_at("r2", 600)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).lag.bytes, 10u);
}

// RedDB scenario 94: us at the head, ap at 0, a policy of us alone.
TEST(flow_gauge, leaves_out_whom_the_policy_does_not_count) {
  auto gauge = gauge_at_500(bytes_only(1000, 0));
  gauge.see({{"u", "us", lsn{500}, true, true, start}, {"a", "ap", no_lsn, true, true, start}});
  EXPECT_EQ(gauge.measure(policy_regions{{"us"}}, {}, start).lag, flow_lag{});
  EXPECT_EQ(gauge.measure(policy_regions{{"ap"}}, {}, start).lag.bytes, 500u);
}

TEST(flow_gauge, tells_the_age_of_the_oldest_record_that_is_missing) {
  flow_gauge gauge{{0, 0, seconds{1}, milliseconds{0}}, no_lsn};
  gauge.note_written(lsn{1}, 10, start);
  gauge.note_written(lsn{2}, 10, after(milliseconds{300}));
  gauge.see({follower_at("r1", 1)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, after(milliseconds{500})).lag.time,
            milliseconds{200});
  gauge.see({follower_at("r1", 2)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, after(seconds{4})).lag.time, nanoseconds{0})
      << "an idle log is nobody's fault";
}

TEST(flow_gauge, does_not_count_a_replica_that_catches_up_until_it_has) {
  auto gauge = gauge_at_500(bytes_only(100, 300));
  gauge.see({follower_at("r1", 100)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).slowest, "");
  gauge.see({follower_at("r1", 420)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).lag.bytes, 80u);
  for (std::uint64_t i = 501; i <= 800; ++i)
    gauge.note_written(lsn{i}, 1, start);
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).lag.bytes, 380u) << "now it does";
}

TEST(flow_gauge, does_not_count_what_was_written_before_it_measured) {
  flow_gauge gauge{bytes_only(100, 300), lsn{1000}};
  gauge.note_written(lsn{1001}, 1, start);
  gauge.see({follower_at("r1", 10)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).slowest, "");
  gauge.see({follower_at("r1", 1000)});
  EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).lag.bytes, 1u);
}

TEST(flow_gauge, forgets_who_is_gone_silent_or_invalid) {
  enum { gone, silent, invalid };
  for (auto trouble : {gone, silent, invalid}) {
    auto gauge = gauge_at_500(bytes_only(100, 0));
    gauge.see({follower_at("r1", 450)});
    EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, start).slowest, "r1");
    for (std::uint64_t i = 501; i <= 900; ++i)
      gauge.note_written(lsn{i}, 1, start);
    auto now = trouble == silent ? after(flow_silent_after + nanoseconds{1}) : start;
    auto x = follower_at("r1", 450);
    x.connected = trouble != gone;
    x.valid = trouble != invalid;
    gauge.see({x});
    EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, now).slowest, "");
    gauge.see({follower_at("r1", 450, now)});
    EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, now).slowest, "") << "it must catch up first";
    gauge.see({follower_at("r1", 880, now)});
    EXPECT_EQ(gauge.measure(policy_ack_n{1}, {}, now).slowest, "r1");
  }
}

TEST(flow_gauge, keeps_a_bounded_number_of_points_and_stays_close) {
  flow_gauge gauge{bytes_only(UINT64_MAX, 0), no_lsn};
  constexpr std::uint64_t batches = 100'000;
  for (std::uint64_t i = 1; i <= batches; ++i)
    gauge.note_written(lsn{i * 7}, 70, later(start, milliseconds{i}));
  EXPECT_LE(gauge.points(), flow_gauge::points_max);
  for (std::uint64_t behind : {1ull, 100ull, 5'000ull, 90'000ull}) {
    auto durable = (batches - behind) * 7;
    auto now = later(start, milliseconds{batches});
    gauge.see({follower_at("r1", durable, now)});
    auto lag = gauge.measure(policy_ack_n{1}, {}, now).lag;
    EXPECT_EQ(lag.bytes, behind * 70) << behind;
    auto age = static_cast<double>(std::chrono::duration_cast<milliseconds>(lag.time).count());
    EXPECT_NEAR(age, static_cast<double>(behind), static_cast<double>(behind) * 0.2 + 2);
  }
}

} // namespace

} // namespace sluice::replication
