#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// How appends slow down when the voters fall behind.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Limits in time only: a record is as old as the test lets it become.
flow_control_limits times(milliseconds soft, milliseconds hard) {
  return {0, 0, soft, hard};
}

primary_choices choices_with(flow_control_limits limits) {
  primary_choices choices;
  choices.floor = policy_ack_n{1};
  choices.writer.flow = limits;
  return choices;
}

/// A primary and a replica that holds everything when the test begins.
struct followed_primary {
  explicit followed_primary(primary_choices choices, const std::string& name = "r1")
      : primary(std::move(choices)), replica(primary.node()) {
    replica.join(primary.actors().gate, hello_of(name));
    replica.ack(no_lsn);
    settle();
  }

  /// The registry tells positions every 10 ms.
  void settle() { primary.node().advance(milliseconds{10}); }

  void ack(lsn through) {
    replica.ack(through);
    settle();
  }

  answer_ptr append(std::string bytes = "x") {
    return primary.append_now(append_of({std::move(bytes)}));
  }
  lsn written() { return primary.positions().written; }
  flow_control_status flow() { return primary.status().flow; }

  primary_under_test primary;
  scripted_peer replica;
};

TEST(flow_control, writes_at_once_while_the_voters_keep_up) {
  followed_primary cluster{choices_with(times(milliseconds{100}, seconds{1}))};
  for (std::uint64_t i = 1; i <= 20; ++i) {
    auto waiting = cluster.append();
    EXPECT_EQ(cluster.written(), lsn{i});
    cluster.ack(lsn{i});
    EXPECT_EQ(waiting->first(), lsn{i});
  }
  EXPECT_EQ(cluster.flow().state, "open");
  EXPECT_EQ(cluster.flow().delayed_total, 0u);
}

// RedDB scenarios 92 and 96, where we slow down before we refuse.
TEST(flow_control, holds_back_the_next_write_when_a_voter_is_behind) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1100}))};
  cluster.append();
  cluster.primary.node().advance(milliseconds{600});
  cluster.append();
  EXPECT_EQ(cluster.written(), lsn{2}) << "the last write is long ago";
  auto held = cluster.append();
  EXPECT_EQ(cluster.written(), lsn{2});
  EXPECT_TRUE(held->is_open());
  auto flow = cluster.flow();
  EXPECT_EQ(flow.state, "slowing");
  EXPECT_EQ(flow.slowest, "r1");
  EXPECT_EQ(flow.delay_us, 50'000u) << "half of the way: a quarter of the longest delay";
  cluster.primary.node().advance(milliseconds{48});
  EXPECT_EQ(cluster.written(), lsn{2}) << "the lag grew meanwhile";
  cluster.primary.node().advance(milliseconds{20});
  EXPECT_EQ(cluster.written(), lsn{3});
  EXPECT_EQ(cluster.flow().delayed_total, 1u);
}

TEST(flow_control, lets_go_at_once_when_the_voter_has_caught_up) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1100}))};
  cluster.append();
  cluster.primary.node().advance(milliseconds{1000});
  cluster.append();
  cluster.append();
  EXPECT_EQ(cluster.written(), lsn{2});
  cluster.ack(lsn{2});
  EXPECT_EQ(cluster.written(), lsn{3});
}

TEST(flow_control, refuses_at_the_hard_limit_and_says_who_is_behind) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1000}))};
  cluster.append();
  cluster.primary.node().advance(milliseconds{1000});
  auto refused = cluster.append();
  EXPECT_EQ(refused->code(), errc::overloaded);
  EXPECT_NE(refused->as_failed()->reason.find("replica r1"), std::string::npos);
  EXPECT_EQ(cluster.written(), lsn{1}) << "nothing was written";
  EXPECT_EQ(cluster.flow().state, "refusing");
  EXPECT_EQ(cluster.flow().refused_total, 1u);
  cluster.ack(lsn{1});
  EXPECT_EQ(cluster.flow().state, "open");
  cluster.append();
  EXPECT_EQ(cluster.written(), lsn{2});
}

TEST(flow_control, counts_bytes_too) {
  followed_primary cluster{choices_with({5'000, 20'000, milliseconds{0}, milliseconds{0}})};
  for (int i = 0; i < 3; ++i)
    cluster.append(std::string(4000, 'x'));
  cluster.primary.node().advance(seconds{1});
  EXPECT_EQ(cluster.flow().state, "slowing");
  EXPECT_GT(cluster.flow().lag_bytes, 12'000u);
  for (int i = 0; i < 3; ++i) {
    cluster.append(std::string(4000, 'x'));
    cluster.primary.node().advance(milliseconds{200});
  }
  EXPECT_EQ(cluster.append("y")->code(), errc::overloaded);
}

TEST(flow_control, is_off_under_local) {
  auto choices = choices_with(times(milliseconds{1}, milliseconds{2}));
  choices.floor = policy_local{};
  followed_primary cluster{choices};
  cluster.append();
  cluster.primary.node().advance(seconds{1});
  EXPECT_EQ(cluster.append()->first(), lsn{2});
  EXPECT_EQ(cluster.append()->first(), lsn{3});
  EXPECT_EQ(cluster.flow().state, "off");
}

TEST(flow_control, is_not_slowed_by_a_replica_that_is_no_member) {
  auto choices = choices_with(times(milliseconds{100}, milliseconds{200}));
  choices.members = {primary_name, "r1", "r2"};
  choices.floor = policy_quorum{};
  followed_primary cluster{choices, "reader"};
  scripted_peer member{cluster.primary.node()};
  member.join(cluster.primary.actors().gate, hello_of("r1"));
  member.ack(no_lsn);
  cluster.append();
  member.ack(lsn{1});
  cluster.primary.node().advance(seconds{1});
  cluster.append();
  cluster.append();
  EXPECT_EQ(cluster.written(), lsn{3});
  EXPECT_EQ(cluster.flow().state, "open");
}

TEST(flow_control, is_not_slowed_for_ever_by_a_replica_that_fell_silent) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1000}))};
  cluster.append();
  cluster.primary.node().advance(seconds{2});
  EXPECT_EQ(cluster.append()->code(), errc::overloaded);
  cluster.primary.node().advance(seconds{4});
  cluster.append();
  cluster.append();
  EXPECT_EQ(cluster.written(), lsn{3});
}

TEST(flow_control, is_not_slowed_by_a_replica_that_is_gone) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1000}))};
  cluster.append();
  cluster.primary.node().advance(milliseconds{900});
  cluster.append();
  auto held = cluster.append();
  EXPECT_EQ(cluster.written(), lsn{2});
  cluster.replica.die();
  cluster.primary.node().run();
  EXPECT_EQ(cluster.written(), lsn{3});
}

TEST(flow_control, answers_what_it_holds_back_by_its_deadline) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1100}))};
  cluster.append();
  cluster.primary.node().advance(milliseconds{1000});
  cluster.append();
  auto request = append_of({"x"});
  request.options.timeout = milliseconds{20};
  auto held = cluster.primary.append_now(request);
  cluster.primary.node().advance(milliseconds{220});
  EXPECT_EQ(held->code(), errc::timed_out);
}

TEST(flow_control, writes_what_it_holds_back_when_the_node_closes) {
  followed_primary cluster{choices_with(times(milliseconds{100}, milliseconds{1100}))};
  cluster.append();
  cluster.primary.node().advance(milliseconds{1000});
  cluster.append();
  auto held = cluster.append();
  EXPECT_EQ(cluster.primary.close().failure, "");
  ASSERT_EQ(held->times, 1u);
  EXPECT_TRUE(held->as_unknown());
  EXPECT_EQ(held->as_unknown()->records.first, lsn{3}) << "it was written";
}

TEST(flow_control, slows_a_closed_loop_to_the_rate_of_its_replica) {
  followed_primary cluster{choices_with({500, 20'000, milliseconds{0}, milliseconds{0}})};
  // The replica makes ten records a second durable; the caller appends again whenever the
  // last append was written, a hundred times a second if it can.
  std::uint64_t durable = 0;
  std::uint64_t submitted = 0;
  std::uint64_t written_before = 0;
  for (int tick = 0; tick < 6000; ++tick) {
    if (cluster.written().value == submitted) {
      cluster.append();
      ++submitted;
    }
    cluster.primary.node().advance(milliseconds{10});
    if (tick % 10 == 9)
      cluster.replica.ack(lsn{std::min(++durable, cluster.written().value)});
    if (tick == 5000)
      written_before = cluster.written().value;
  }
  auto flow = cluster.flow();
  EXPECT_EQ(flow.state, "slowing");
  EXPECT_EQ(flow.refused_total, 0u);
  EXPECT_LT(flow.lag_bytes, 20'000u);
  EXPECT_NEAR(static_cast<double>(cluster.written().value - written_before), 100, 15)
      << "in the last ten seconds; a thousand without it";
}

// -- what acks cost the writer -------------------------------------------------------------

TEST(registry, tells_the_writer_positions_at_most_every_ten_milliseconds) {
  followed_primary cluster{choices_with(times(milliseconds{100}, seconds{1}))};
  for (int i = 0; i < 100; ++i)
    cluster.append();
  cluster.primary.node().advance(milliseconds{50});
  for (std::uint64_t i = 1; i <= 50; ++i)
    cluster.replica.ack(lsn{i});
  cluster.primary.node().advance(milliseconds{0});
  auto first = cluster.flow().lag_bytes;
  for (std::uint64_t i = 51; i <= 100; ++i)
    cluster.replica.ack(lsn{i});
  cluster.primary.node().advance(milliseconds{9});
  EXPECT_EQ(cluster.flow().lag_bytes, first);
  cluster.primary.node().advance(milliseconds{1});
  EXPECT_EQ(cluster.flow().lag_bytes, 0u);
}

} // namespace

} // namespace sluice::test
