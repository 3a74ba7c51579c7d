#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// What a primary streams to one replica, and what a slow one costs.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

primary_choices with_window(std::uint64_t window, std::uint64_t portion) {
  primary_choices choices;
  choices.gate.sessions.window_bytes = window;
  choices.gate.sessions.read_bytes = portion;
  return choices;
}

primary_choices with_members() {
  primary_choices choices;
  choices.members = {primary_name, "r1", "r2"};
  return choices;
}

/// Acks whatever arrives until nothing more does; the most that was in flight at once.
std::uint64_t drain(scripted_peer& replica) {
  std::uint64_t most = 0;
  std::uint64_t acked_bytes = 0;
  for (auto seen = replica.heard().streamed.size() + 1; seen != replica.heard().streamed.size();) {
    seen = replica.heard().streamed.size();
    most = std::max(most, replica.heard().streamed_bytes() - acked_bytes);
    acked_bytes = replica.heard().streamed_bytes();
    replica.ack(replica.heard().streamed_through());
  }
  return most;
}

TEST(session, streams_what_was_written_before_the_replica_joined) {
  primary_under_test primary;
  primary.fill(5);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  EXPECT_TRUE(replica.heard().streamed.empty());
  replica.ack(no_lsn);
  EXPECT_EQ(replica.heard().streamed_through(), lsn{5});
}

TEST(session, streams_each_batch_once_it_is_durable) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.fill(1);
  ASSERT_EQ(replica.heard().streamed.size(), 1u);
  EXPECT_EQ(replica.heard().streamed[0].header.durable, lsn{1});
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.append_now(append_of({"lost"}));
  EXPECT_EQ(replica.heard().streamed.size(), 1u);
}

TEST(session, catches_up_from_segments_that_the_buffer_no_longer_holds) {
  primary_choices choices;
  choices.buffer.bytes_max = 500;
  choices.spool.segment_bytes = 8 * 1024;
  primary_under_test primary{choices};
  primary.fill(200, 100);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  drain(replica);
  EXPECT_EQ(replica.heard().streamed_through(), lsn{200});
}

TEST(session, has_never_more_in_flight_than_its_window) {
  primary_under_test primary{with_window(4000, 1000)};
  primary.fill(100, 500);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.fill(20, 500);
  EXPECT_LE(replica.heard().streamed_bytes(), 4000u);
  EXPECT_LE(drain(replica), 4000u);
  EXPECT_EQ(replica.heard().streamed_through(), lsn{120});
}

TEST(session, reads_no_larger_portion_than_its_window) {
  primary_under_test primary{with_window(2000, 1024 * 1024)};
  primary.fill(50, 500);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  EXPECT_LE(drain(replica), 2000u);
  EXPECT_EQ(replica.heard().streamed_through(), lsn{50});
}

TEST(session, sends_a_batch_larger_than_its_window_alone) {
  primary_under_test primary{with_window(4000, 1000)};
  primary.fill(4, 500);
  primary.append_now(append_of({std::string(16'000, 'x')}));
  primary.fill(4, 500);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  EXPECT_LE(drain(replica), 16'200u);
  EXPECT_EQ(replica.heard().streamed_through(), lsn{9});
}

TEST(session, of_a_16_mib_record_gets_through_a_4_mib_window) {
  auto choices = with_window(4 * 1024 * 1024, 1024 * 1024);
  choices.spool.segment_bytes = 64 * 1024 * 1024;
  primary_under_test primary{choices};
  primary.append_now(append_of({std::string(16 * 1024 * 1024, 'x')}));
  primary.fill(1);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  drain(replica);
  EXPECT_EQ(replica.heard().streamed_through(), lsn{2});
}

TEST(session, opens_no_window_for_an_ack_past_what_it_sent) {
  primary_under_test primary{with_window(2000, 500)};
  primary.fill(50, 400);
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  replica.ack(lsn{UINT64_MAX});
  EXPECT_LE(replica.heard().streamed_bytes(), 2000u);
}

// -- a replica that is stopped -------------------------------------------------------------

TEST(stopped_replica, is_sent_no_more_than_its_window) {
  primary_under_test primary{with_window(4000, 1000)};
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.fill(200, 300);
  EXPECT_LE(replica.heard().streamed_bytes(), 4000u);
}

// While other replicas commit, each commit could be told to it as well.
TEST(stopped_replica, is_not_told_of_every_commit) {
  primary_under_test primary{with_members()};
  scripted_peer stopped{primary.node()};
  stopped.join(primary.actors().gate, hello_of("r1"));
  stopped.ack(no_lsn);
  scripted_peer working{primary.node()};
  working.join(primary.actors().gate, hello_of("r2"));
  working.ack(no_lsn);
  for (std::uint64_t i = 1; i <= 300; ++i) {
    primary.fill(1);
    working.ack(lsn{i});
    primary.node().advance(milliseconds{10});
  }
  EXPECT_LE(stopped.heard().heartbeats.size(), 20u);
}

TEST(stopped_replica, is_given_up_after_a_while) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.node().advance(seconds{600});
  EXPECT_TRUE(replica.heard().has_lost_session);
  EXPECT_LE(replica.heard().heartbeats.size(), 60u);
  EXPECT_FALSE(primary.status().replicas.at(0).connected);
}

TEST(silent_primary, speaks_once_a_second) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  for (int second = 0; second < 5; ++second) {
    primary.node().advance(seconds{1});
    replica.ack(no_lsn);
  }
  EXPECT_GE(replica.heard().heartbeats.size(), 4u);
  EXPECT_LE(replica.heard().heartbeats.size(), 6u);
}

TEST(commit, that_no_batch_carries_is_told_soon) {
  primary_under_test primary{with_members()};
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.fill(1);
  replica.ack(lsn{1});
  primary.node().advance(milliseconds{20});
  ASSERT_FALSE(replica.heard().heartbeats.empty());
  EXPECT_EQ(replica.heard().heartbeats.back().header.commit, lsn{1});
}

// Nobody voted for it when it was written, and nothing may be written after it.
TEST(commit, of_what_was_written_while_no_replica_was_connected_is_told) {
  primary_under_test primary{with_members()};
  scripted_peer first{primary.node()};
  first.join(primary.actors().gate, hello_of("r1"));
  first.ack(no_lsn);
  first.die();
  primary.fill(3);
  auto again = hello_of("r1");
  again.identity.incarnation = incarnation{2};
  scripted_peer second{primary.node()};
  second.join(primary.actors().gate, again);
  second.ack(no_lsn);
  second.ack(lsn{3});
  primary.node().advance(seconds{2});
  ASSERT_FALSE(second.heard().heartbeats.empty());
  EXPECT_EQ(second.heard().heartbeats.back().header.commit, lsn{3});
}

TEST(dead_replica, is_reported_as_disconnected_and_still_registered) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  EXPECT_TRUE(primary.status().replicas.at(0).connected);
  replica.die();
  EXPECT_FALSE(primary.status().replicas.at(0).connected);
  EXPECT_TRUE(primary.append_now(append_under(policy_ack_n{1}, "x"))->is_open());
}

} // namespace

} // namespace sluice::test
