#include "test/support/primary_under_test.hpp"
#include "test/support/replica_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// Replicas whose next record is pruned, on both sides (decision 12).
namespace sluice::test {

namespace {

/// A primary whose log begins late.
struct pruned_primary : testing::Test {
  primary_under_test primary;
  lsn oldest;

  pruned_primary() {
    for (int i = 0; i < 40; ++i)
      primary.fill(1, 8000);
    primary.close();
    prune();
    primary.restart();
    oldest = primary.positions().oldest;
    EXPECT_GT(oldest, lsn{3});
  }

  void prune() {
    auto context = primary.host().context(primary_name);
    persistence::spool_options options;
    options.segment_bytes = 64 * 1024;
    auto log = persistence::spool::open(primary.disk(), data_directory, options, {cluster_name},
                                        actors::environment_of(context));
    ASSERT_TRUE(log);
    ASSERT_TRUE((*log)->prune_through(lsn{30}));
    ASSERT_FALSE((*log)->close());
  }

  messages::hello absent(const std::string& node = "r1", lsn flushed = lsn{2}) {
    auto from = hello_of(node);
    from.is_log_only = true;
    from.flushed = flushed;
    if (flushed != no_lsn)
      from.history = {{flushed, digest{5}}};
    return from;
  }

  peer_record say(const messages::hello& from) {
    scripted_peer peer{primary.node()};
    peer.join(primary.actors().gate, from);
    return peer.heard();
  }
};

TEST_F(pruned_primary, tells_a_log_to_begin_where_its_own_does) {
  auto heard = say(absent());
  ASSERT_EQ(heard.rebootstraps.size(), 1u);
  EXPECT_TRUE(heard.welcomes.empty());
  const auto& told = heard.rebootstraps[0];
  EXPECT_EQ(told.start, oldest);
  EXPECT_EQ(told.cluster, cluster_name);
  EXPECT_EQ(told.sequence, connect_sequence{1});
  EXPECT_EQ(told.cause, "wal_removed");
  auto again = absent("r1", previous(oldest));
  again.history = {{previous(oldest), told.before}};
  again.identity.sequence = connect_sequence{2};
  auto resumed = say(again);
  ASSERT_EQ(resumed.welcomes.size(), 1u);
  EXPECT_EQ(resumed.welcomes[0].resume_after, previous(oldest));
}

// In RedDB an empty replica was moved to the head and called healthy.
TEST_F(pruned_primary, tells_an_empty_replica_the_same) {
  EXPECT_EQ(say(absent("r1", no_lsn)).rebootstraps.size(), 1u);
}

TEST_F(pruned_primary, asks_for_a_snapshot_when_something_was_applied) {
  auto from = absent();
  from.is_log_only = false;
  auto heard = say(from);
  ASSERT_EQ(heard.refusals.size(), 1u);
  EXPECT_EQ(heard.refusals[0].code, errc::pruned);
  EXPECT_EQ(heard.refusals[0].reason.rfind("needs_snapshot: ", 0), 0u);
}

TEST_F(pruned_primary, sends_for_a_snapshot_whose_state_can_be_replaced) {
  auto from = absent();
  from.is_log_only = false;
  from.can_install = true;
  auto heard = say(from);
  ASSERT_EQ(heard.snapshots_needed.size(), 1u);
  EXPECT_TRUE(heard.refusals.empty());
  const auto& told = heard.snapshots_needed[0];
  EXPECT_EQ(told.cluster, cluster_name);
  EXPECT_EQ(told.term, term{1});
  EXPECT_EQ(told.timeline, timeline_id{1});
  EXPECT_EQ(told.sequence, connect_sequence{1});
  EXPECT_EQ(told.at_least, previous(oldest));
  EXPECT_EQ(told.cause, "wal_removed");
  auto status = primary.status();
  EXPECT_EQ(status.full_resync_total, 1u);
  EXPECT_TRUE(status.replicas.at(0).rebootstrapping);
  EXPECT_EQ(status.replicas.at(0).resume_plan,
            "snapshot at least " + to_string(previous(oldest)) + ": wal_removed");
  // From then on what follows is kept for it.
  EXPECT_EQ(status.slots.at(0).restart, previous(oldest));
  EXPECT_EQ(status.slots.at(0).invalidation_cause, "");
}

TEST_F(pruned_primary, streams_behind_the_snapshot_to_who_has_installed_it) {
  auto from = absent();
  from.is_log_only = false;
  from.can_install = true;
  say(from);
  auto at_end = primary.positions();
  from.flushed = at_end.durable;
  from.history = {{at_end.durable, at_end.tail}};
  from.identity.sequence = connect_sequence{2};
  auto resumed = say(from);
  ASSERT_EQ(resumed.welcomes.size(), 1u);
  EXPECT_EQ(resumed.welcomes[0].resume_after, at_end.durable);
  EXPECT_EQ(primary.status().full_resync_total, 1u);
  EXPECT_EQ(primary.status().partial_resync_total, 0u);
}

// Its log was cut to where the histories part, below what its state holds.
TEST_F(pruned_primary, sends_for_a_snapshot_who_says_that_nothing_else_helps) {
  auto at_end = primary.positions();
  auto from = absent("r1", at_end.durable);
  from.history = {{at_end.durable, at_end.tail}};
  from.is_log_only = false;
  from.can_install = true;
  from.wants_snapshot = true;
  auto heard = say(from);
  ASSERT_EQ(heard.snapshots_needed.size(), 1u);
  EXPECT_EQ(heard.snapshots_needed[0].at_least, previous(at_end.oldest));
  EXPECT_EQ(heard.snapshots_needed[0].cause, "diverged");
}

TEST_F(pruned_primary, has_no_snapshot_to_give_without_a_state) {
  scripted_peer peer{primary.node()};
  messages::snapshot_request request;
  request.cluster = cluster_name;
  request.node = "r1";
  request.attempt = 7;
  request.term = term{1};
  peer.tell(primary.actors().gate, request);
  ASSERT_EQ(peer.heard().snapshot_refusals.size(), 1u);
  EXPECT_EQ(peer.heard().snapshot_refusals[0].code, errc::not_found);
  EXPECT_EQ(peer.heard().snapshot_refusals[0].attempt, 7u);
  EXPECT_EQ(peer.heard().snapshot_refusals[0].reason, "node p has no state to give");
}

TEST_F(pruned_primary, rejects_who_is_ahead_or_has_diverged) {
  EXPECT_EQ(say(absent("r1", lsn{99})).refusals.at(0).code, errc::diverged);
  EXPECT_EQ(say(absent("r2", lsn{40})).refusals.at(0).code, errc::diverged);
  EXPECT_EQ(primary.status().full_resync_total, 0u);
}

// One for each reconnect, however often it is told and whatever streams.
TEST_F(pruned_primary, counts_a_new_beginning_once) {
  auto from = absent();
  auto told = say(from).rebootstraps.at(0);
  from.identity.sequence = connect_sequence{2};
  say(from);
  EXPECT_EQ(primary.status().full_resync_total, 1u);
  auto again = absent("r1", previous(oldest));
  again.history = {{previous(oldest), told.before}};
  again.identity.sequence = connect_sequence{3};
  say(again);
  EXPECT_EQ(primary.status().full_resync_total, 1u);
  EXPECT_EQ(primary.status().partial_resync_total, 0u);
}

TEST_F(pruned_primary, calls_it_rebootstrapping_until_it_has_caught_up) {
  auto told = say(absent()).rebootstraps.at(0);
  auto status = primary.status().replicas.at(0);
  EXPECT_TRUE(status.rebootstrapping);
  EXPECT_FALSE(status.connected);
  EXPECT_EQ(status.resume_plan, "rebootstrap from " + to_string(oldest) + ": wal_removed");
  auto again = absent("r1", previous(oldest));
  again.history = {{previous(oldest), told.before}};
  again.identity.sequence = connect_sequence{2};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, again);
  peer.ack(previous(oldest));
  EXPECT_EQ(peer.heard().streamed_through(), lsn{40});
  EXPECT_TRUE(primary.status().replicas.at(0).rebootstrapping);
  peer.ack(lsn{40});
  EXPECT_FALSE(primary.status().replicas.at(0).rebootstrapping);
}

// What it was told is durable before its log began is no vote.
TEST_F(pruned_primary, takes_no_vote_before_it_has_caught_up) {
  auto told = say(absent()).rebootstraps.at(0);
  auto again = absent("r1", previous(oldest));
  again.history = {{previous(oldest), told.before}};
  again.identity.sequence = connect_sequence{2};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, again);
  peer.ack(lsn{39});
  auto waits = append_of({"x"});
  waits.options.policy = policy_ack_n{1};
  waits.options.timeout = std::chrono::milliseconds{100};
  auto refused = primary.append_now(waits);
  EXPECT_FALSE(refused->as_committed());
  peer.ack(lsn{40});
  auto held = primary.append_now(waits);
  peer.ack(primary.positions().durable);
  EXPECT_TRUE(held->as_committed());
}

TEST_F(pruned_primary, says_what_would_become_of_an_absent_replica) {
  auto tail = primary.positions().tail;
  auto from = absent("r1", lsn{40});
  from.history = {{lsn{40}, tail}};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, from);
  peer.ack(lsn{40});
  EXPECT_EQ(primary.status().replicas.at(0).resume_plan, "");
  peer.die();
  EXPECT_EQ(primary.status().replicas.at(0).resume_plan, "stream from 41");
}

TEST(primary, finds_where_two_histories_part_by_the_digests_of_a_hello) {
  primary_under_test primary;
  primary.fill(2);
  auto digest_at_two = primary.positions().tail;
  primary.fill(3);
  auto from = hello_of("r1");
  from.flushed = lsn{5};
  from.history = {{lsn{2}, digest_at_two}, {lsn{4}, digest{1}}, {lsn{5}, digest{2}}};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, from);
  ASSERT_EQ(peer.heard().refusals.size(), 1u);
  EXPECT_EQ(peer.heard().refusals[0].code, errc::diverged);
  EXPECT_NE(peer.heard().refusals[0].reason.find("agree through LSN 2"), std::string::npos);
}

// -- the replica ----------------------------------------------------------------------------

messages::rebootstrap begin_at(lsn start, term in = term{1}) {
  messages::rebootstrap told;
  told.cluster = "cluster";
  told.term = in;
  told.timeline = timeline_id{1};
  told.start = start;
  told.before = digest{42};
  told.cause = "horizon";
  return told;
}

TEST(receiver, begins_its_log_anew_when_it_is_told) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a", "b"}));
  auto done = replica.restart_log(begin_at(lsn{10}, term{3}));
  EXPECT_EQ(done.code, errc::ok) << done.reason;
  auto at = replica.position();
  EXPECT_EQ(at.flushed, lsn{9});
  EXPECT_EQ(at.history.back().digest, digest{42});
  EXPECT_EQ(at.term, term{3});
  EXPECT_TRUE(at.is_log_only);
  replica.disk().cut_power_losing_all();
  replica.restart();
  EXPECT_EQ(replica.position().flushed, lsn{9});
}

TEST(receiver, of_an_empty_directory_adopts_the_cluster_with_its_first_log) {
  replica_under_test replica;
  EXPECT_EQ(replica.restart_log(begin_at(lsn{10})).code, errc::ok);
  EXPECT_EQ(replica.position().cluster, "cluster");
  EXPECT_EQ(replica.position().flushed, lsn{9});
}

TEST(receiver, with_an_applier_keeps_its_log_and_needs_a_snapshot) {
  replica_under_test replica{with_applier::yes};
  replica.attach();
  replica.stream(replica.source().make({"a", "b"}));
  auto refused = replica.restart_log(begin_at(lsn{10}));
  EXPECT_EQ(refused.code, errc::pruned);
  EXPECT_EQ(refused.reason.rfind("needs_snapshot: ", 0), 0u);
  EXPECT_EQ(replica.position().flushed, lsn{2});
  EXPECT_FALSE(replica.position().is_log_only);
}

TEST(receiver, never_gives_up_a_log_that_can_go_on) {
  replica_under_test replica;
  replica.attach(term{5});
  replica.stream(replica.source().make({"a", "b"}, term{5}));
  EXPECT_EQ(replica.restart_log(begin_at(lsn{3}, term{5})).code, errc::diverged);
  EXPECT_EQ(replica.restart_log(begin_at(lsn{2}, term{5})).code, errc::diverged);
  EXPECT_EQ(replica.restart_log(begin_at(lsn{10}, term{4})).code, errc::fenced);
  auto other = begin_at(lsn{10}, term{5});
  other.cluster = "other";
  EXPECT_EQ(replica.restart_log(other).code, errc::wrong_cluster);
  EXPECT_EQ(replica.position().flushed, lsn{2});
}

TEST(receiver, tries_again_to_begin_anew_after_a_failure) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a", "b"}));
  replica.disk().add_fault({vfs_call::rename, 3, errc::io_error, false});
  EXPECT_NE(replica.restart_log(begin_at(lsn{10})).code, errc::ok);
  replica.disk().clear_faults();
  EXPECT_EQ(replica.position().flushed, lsn{9});
}

TEST(receiver, shows_digests_of_several_positions) {
  replica_under_test replica;
  replica.attach();
  for (int i = 0; i < 100; ++i)
    replica.stream(replica.source().make({"a", "b"}));
  auto history = replica.position().history;
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].lsn, lsn{136});
  EXPECT_EQ(history[1].lsn, lsn{184});
  EXPECT_EQ(history[2].lsn, lsn{200});
  EXPECT_EQ(history.back().digest, replica.source().last().tail_digest);
}

} // namespace

} // namespace sluice::test
