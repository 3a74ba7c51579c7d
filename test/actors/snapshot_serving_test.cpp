#include "actors/replica_gate.hpp"
#include "actors/snapshot_giving.hpp"
#include "test/actors/snapshot_fixture.hpp"
#include "test/support/replica_under_test.hpp"

/// A node that gives its embedder's state to replicas: who is sent it, and how.
namespace sluice::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(snapshot_serving, gives_the_whole_state_with_its_place_in_the_history) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask();
  auto manifest = r1.offered();
  auto positions = given.primary.positions();
  EXPECT_EQ(manifest.at, lsn{8});
  EXPECT_EQ(manifest.history, positions.tail);
  EXPECT_EQ(manifest.term, term{1});
  EXPECT_EQ(manifest.timeline, timeline_id{1});
  EXPECT_EQ(manifest.chunks.size(), 3u);
  EXPECT_EQ(r1.peer.heard().offers[0].cluster, cluster_name);
  EXPECT_EQ(r1.peer.heard().offers[0].attempt, 1u);
  EXPECT_TRUE(r1.peer.heard().chunks.empty()) << "it has not said what it holds";
  EXPECT_EQ(given.state->open_streams, 0u);
  r1.take_all();
  EXPECT_EQ(r1.text(), "twelve bytes");
  EXPECT_EQ(given.progress_of("r1")->stage, "sending");
  given.primary.node().advance(seconds{1});
  EXPECT_EQ(given.progress_of("r1")->stage, "installing");
  EXPECT_EQ(given.progress_of("r1")->bytes, 12u);
  r1.stage(3, true);
  EXPECT_TRUE(given.outgoing_files().empty());
  EXPECT_FALSE(given.progress_of("r1"));
}

TEST(snapshot_serving, makes_one_for_all_who_ask_while_it_is_good_enough) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  asking_replica r2{given, "r2"};
  r1.ask();
  given.primary.fill(3);
  r2.ask();
  EXPECT_EQ(given.state->begun, 1u);
  r1.take_all();
  r2.take_all();
  EXPECT_EQ(r2.text(), "twelve bytes");
  r1.stage(3, true);
  EXPECT_EQ(given.outgoing_files().size(), 2u) << "r2 needs it";
  r2.stage(3, true);
  EXPECT_TRUE(given.outgoing_files().empty());
  r1.ask();
  EXPECT_EQ(given.state->begun, 2u);
  EXPECT_EQ(r1.offered().at, lsn{11});
}

TEST(snapshot_serving, makes_a_newer_one_once_nobody_is_sent_the_old_one) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  asking_replica r2{given, "r2"};
  r1.ask();
  given.primary.fill(3);
  r2.ask(lsn{10});
  given.primary.node().advance(seconds{60 - 1});
  EXPECT_EQ(given.state->begun, 1u);
  EXPECT_TRUE(r2.refusals().empty());
  EXPECT_GE(r2.peer.heard().buildings.size(), 59u) << "said once a second";
  r1.peer.die();
  EXPECT_EQ(given.state->begun, 2u);
  EXPECT_EQ(r2.offered().at, lsn{11});
}

TEST(snapshot_serving, goes_on_behind_what_is_staged) {
  giving_primary given;
  {
    asking_replica r1{given, "r1"};
    r1.ask();
    r1.stage(0);
    EXPECT_EQ(r1.peer.heard().chunks.size(), 3u);
    r1.stage(1);
    r1.peer.die();
  }
  asking_replica again{given, "r1", 2};
  again.ask();
  EXPECT_EQ(given.state->begun, 1u);
  again.stage(1);
  ASSERT_EQ(again.peer.heard().chunks.size(), 2u);
  EXPECT_EQ(again.peer.heard().chunks[0].index, 1u);
  EXPECT_EQ(again.text(), "e bytes");
  EXPECT_EQ(again.peer.heard().chunks[0].attempt, 2u);
}

TEST(snapshot_serving, ends_the_older_connection_of_a_replica) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask();
  auto older = r1.peer.heard().origin;
  asking_replica again{given, "r1", 2};
  again.ask();
  again.stage(0);
  r1.peer.tell(caf::actor_cast<messages::snapshot_origin_actor>(older),
               messages::snapshot_staged{true, 1, 0, false});
  EXPECT_TRUE(r1.peer.heard().chunks.empty());
  EXPECT_EQ(again.peer.heard().chunks.size(), 3u);
}

TEST(snapshot_serving, sends_no_more_than_the_window) {
  actors::snapshot_settings settings;
  settings.limits.window_bytes = 5;
  giving_primary given{settings};
  asking_replica r1{given, "r1"};
  r1.ask().stage(0);
  EXPECT_EQ(r1.peer.heard().chunks.size(), 1u);
  r1.stage(0);
  EXPECT_EQ(r1.peer.heard().chunks.size(), 1u);
  r1.stage(1);
  EXPECT_EQ(r1.peer.heard().chunks.size(), 2u);
}

TEST(snapshot_serving, holds_the_rate) {
  actors::snapshot_settings settings;
  settings.limits.bytes_per_second = 5;
  giving_primary given{settings};
  asking_replica r1{given, "r1"};
  r1.ask().stage(0);
  EXPECT_EQ(r1.peer.heard().chunks.size(), 1u);
  given.primary.node().advance(milliseconds{999});
  EXPECT_EQ(r1.peer.heard().chunks.size(), 1u);
  given.primary.node().advance(milliseconds{1});
  EXPECT_EQ(r1.peer.heard().chunks.size(), 2u);
  given.primary.node().advance(seconds{1});
  EXPECT_EQ(r1.peer.heard().chunks.size(), 3u);
  r1.stage(1);
  given.primary.node().advance(seconds{1});
  EXPECT_EQ(given.progress_of("r1")->bytes, 5u);
  EXPECT_EQ(given.progress_of("r1")->total_bytes, 12u);
  EXPECT_TRUE(given.progress_of("r1")->seconds_left);
}

TEST(snapshot_serving, keeps_it_for_the_return_of_who_broke_off_and_no_longer) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask().stage(0);
  r1.peer.die();
  given.primary.node().advance(minutes{10} - seconds{1});
  EXPECT_EQ(given.outgoing_files().size(), 2u);
  given.primary.node().advance(seconds{2});
  EXPECT_TRUE(given.outgoing_files().empty());
}

TEST(snapshot_serving, gives_up_a_silent_replica) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask().stage(0);
  for (int i = 0; i < 20; ++i) {
    given.primary.node().advance(seconds{50});
    r1.stage(0);
  }
  EXPECT_TRUE(given.progress_of("r1")) << "it spoke";
  given.primary.node().advance(seconds{62});
  EXPECT_FALSE(given.progress_of("r1"));
  EXPECT_EQ(given.outgoing_files().size(), 2u) << "it may come back";
}

TEST(snapshot_serving, waits_longer_for_a_replica_that_installs_it) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask().take_all();
  given.primary.node().advance(minutes{59});
  EXPECT_EQ(given.progress_of("r1")->stage, "installing");
  given.primary.node().advance(minutes{2});
  EXPECT_FALSE(given.progress_of("r1"));
}

// What the rate holds back is not owed by the replica.
TEST(snapshot_serving, takes_no_slow_rate_for_a_silent_replica) {
  actors::snapshot_settings settings;
  settings.limits.bytes_per_second = 5;
  settings.silent_after = milliseconds{2500};
  giving_primary given{settings};
  given.state->text = std::string(100, 'x');
  asking_replica r1{given, "r1"};
  r1.ask().stage(0);
  for (std::uint64_t chunk = 1; chunk <= 20; ++chunk) {
    given.primary.node().advance(seconds{1});
    r1.stage(chunk);
  }
  EXPECT_EQ(r1.text(), given.state->text);
}

TEST(snapshot_serving, refuses_another_cluster_another_term_and_too_many) {
  actors::snapshot_settings settings;
  settings.replicas_max = 1;
  giving_primary given{settings};
  asking_replica r1{given, "r1"};
  auto request = r1.request(lsn{1});
  request.cluster = "other";
  r1.peer.tell(given.primary.actors().gate, request);
  request = r1.request(lsn{1});
  request.term = term{2};
  r1.peer.tell(given.primary.actors().gate, request);
  EXPECT_EQ(r1.refusals(), (std::vector{errc::wrong_cluster, errc::fenced}));
  EXPECT_EQ(given.state->begun, 0u);
  r1.ask();
  asking_replica r2{given, "r2"};
  EXPECT_EQ(r2.ask().refusals(), std::vector{errc::overloaded});
  r1.ask();
  EXPECT_EQ(r1.peer.heard().offers.size(), 2u) << "it has its place";
}

TEST(snapshot_serving, shows_who_waits_and_who_is_sent_it) {
  giving_primary given;
  given.state->is_stuck = true;
  given.primary.fill(1);
  asking_replica r1{given, "r1"};
  r1.ask(lsn{9});
  auto waits = given.primary.status().replicas.at(0);
  EXPECT_EQ(waits.id, "r1");
  EXPECT_EQ(waits.state, "snapshotting");
  EXPECT_EQ(waits.snapshot->stage, "building");
  given.state->is_stuck = false;
  given.primary.node().advance(seconds{5});
  r1.stage(0);
  EXPECT_EQ(given.progress_of("r1")->stage, "sending");
  EXPECT_EQ(given.progress_of("r1")->at, lsn{9});
}

TEST(snapshot_serving, forgets_who_waits_and_is_gone) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask(lsn{100});
  r1.peer.die();
  EXPECT_TRUE(given.primary.status().replicas.empty());
}

// What a replica gives stands in its primary's history as the replica knows it.
TEST(replica_with_a_state, gives_it_like_a_primary) {
  replica_under_test replica{with_applier::yes};
  machine host;
  auto state = std::make_shared<text_state>();
  state->through = lsn{3};
  replica.attach(term{4});
  replica.stream(replica.source().make({"a", "b"}, term{4}));
  replica.stream(replica.source().make({"c"}, term{4}));
  auto& node = replica.node();
  auto givers = actors::spawn_snapshot_givers(
      node.system(), state,
      {host.context("r"),
       {},
       std::nullopt,
       replica.receiver(),
       {},
       replica.buffer(),
       caf::actor_cast<messages::applied_source_actor>(replica.receiver()),
       {}});
  node.keep(givers.keeper);
  node.keep(givers.builder);
  auto gate = node.keep(actors::spawn_replica_gate(
      node.system(),
      {host.context("r"), {}, replica.receiver(), {}, {}, replica.buffer(), {}, givers.keeper}));
  scripted_peer peer{node};
  messages::snapshot_request request{true, 1, replica.position().cluster, "r2", 1, term{3}, lsn{2}};
  peer.tell(gate, request);
  ASSERT_EQ(peer.heard().snapshot_refusals.size(), 1u);
  EXPECT_EQ(peer.heard().snapshot_refusals[0].code, errc::fenced);
  request.term = term{4};
  peer.tell(gate, request);
  ASSERT_EQ(peer.heard().offers.size(), 1u);
  auto manifest = *persistence::decode_snapshot_manifest(peer.heard().offers[0].manifest);
  EXPECT_EQ(manifest.at, lsn{3});
  EXPECT_EQ(manifest.term, term{4});
  EXPECT_EQ(manifest.history, replica.source().last().tail_digest);
  peer.tell(caf::actor_cast<messages::snapshot_origin_actor>(peer.heard().origin),
            messages::snapshot_staged{true, 1, 0, false});
  ASSERT_EQ(peer.heard().chunks.size(), 1u);
  EXPECT_EQ(peer.heard().chunks[0].bytes.view(), "twelve bytes");
}

} // namespace
} // namespace sluice::test
