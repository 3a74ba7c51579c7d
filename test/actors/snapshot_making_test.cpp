#include "test/actors/snapshot_fixture.hpp"

/// How a snapshot is made for replicas, found again after a restart, and given up.
namespace sluice::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(snapshot_making, goes_on_with_the_same_one_after_a_restart) {
  giving_primary given;
  persistence::snapshot_manifest before;
  {
    asking_replica r1{given, "r1"};
    before = r1.ask().offered();
  }
  given.primary.restart();
  asking_replica again{given, "r1", 2};
  EXPECT_EQ(again.ask().offered(), before);
  EXPECT_EQ(given.state->begun, 1u);
  again.take_all();
  EXPECT_EQ(again.text(), "twelve bytes");
}

TEST(snapshot_making, discards_what_an_earlier_life_left_when_nobody_comes) {
  giving_primary given;
  asking_replica{given, "r1"}.ask();
  given.primary.restart();
  given.primary.node().advance(minutes{11});
  EXPECT_TRUE(given.outgoing_files().empty());
}

TEST(snapshot_making, discards_what_is_of_another_history) {
  giving_primary given;
  asking_replica{given, "r1"}.ask();
  auto manifest_path = data_directory / "snapshot" / "outgoing" / "manifest";
  auto manifest =
      *persistence::decode_snapshot_manifest(given.primary.disk().content(manifest_path));
  manifest.history = digest{99};
  given.primary.disk().set_content(manifest_path, encode(manifest));
  given.primary.restart();
  EXPECT_TRUE(given.outgoing_files().empty());
  asking_replica again{given, "r1", 2};
  EXPECT_EQ(again.ask().offered().history, given.primary.positions().tail);
  EXPECT_EQ(given.state->begun, 2u);
}

TEST(snapshot_making, makes_another_one_of_what_cannot_be_read) {
  actors::snapshot_settings settings;
  settings.cached_chunks_max = 0;
  giving_primary given{settings};
  asking_replica r1{given, "r1"};
  r1.ask();
  auto data = data_directory / "snapshot" / "outgoing" / "data";
  given.primary.disk().set_content(data, "twelve BYTES");
  r1.stage(0);
  EXPECT_EQ(r1.text(), "twelv");
  EXPECT_EQ(r1.refusals(), std::vector{errc::corruption});
  EXPECT_NE(given.primary.status().snapshot_trouble.find("chunk 1"), std::string::npos);
  r1.ask();
  EXPECT_EQ(given.state->begun, 2u);
  EXPECT_EQ(given.primary.status().snapshot_trouble, "");
}

TEST(snapshot_making, tells_everyone_why_a_state_cannot_be_given) {
  giving_primary given;
  given.state->begin_fails = make_error(errc::no_space, "told to have no room");
  asking_replica r1{given, "r1"};
  r1.ask();
  ASSERT_EQ(r1.refusals(), std::vector{errc::no_space});
  EXPECT_NE(r1.peer.heard().snapshot_refusals[0].reason.find("told to have no room"),
            std::string::npos);
  EXPECT_NE(given.primary.status().snapshot_trouble.find("told to have no room"),
            std::string::npos);
  EXPECT_TRUE(given.outgoing_files().empty());
  given.state->begin_fails = {};
  r1.ask();
  EXPECT_EQ(r1.peer.heard().offers.size(), 1u);
  EXPECT_EQ(given.primary.status().snapshot_trouble, "");
}

TEST(snapshot_making, leaves_nothing_of_a_state_that_fails_in_the_middle) {
  giving_primary given;
  given.state->next_fails_at = 3;
  asking_replica r1{given, "r1"};
  r1.ask();
  EXPECT_EQ(r1.refusals(), std::vector{errc::io_error});
  EXPECT_TRUE(given.outgoing_files().empty());
  EXPECT_EQ(given.state->open_streams, 0u);
}

TEST(snapshot_making, leaves_nothing_when_there_is_no_room_for_it) {
  giving_primary given;
  std::uint64_t used = 0;
  for (const auto& path : given.primary.disk().files())
    used += given.primary.disk().content(path).size();
  given.primary.disk().set_capacity(used + 6);
  asking_replica r1{given, "r1"};
  r1.ask();
  EXPECT_EQ(r1.refusals(), std::vector{errc::no_space});
  EXPECT_TRUE(given.outgoing_files().empty());
}

TEST(snapshot_making, waits_for_a_state_that_lags) {
  giving_primary given;
  given.state->is_stuck = true;
  given.primary.fill(2);
  asking_replica r1{given, "r1"};
  r1.ask(lsn{10});
  given.primary.node().advance(seconds{15});
  EXPECT_TRUE(r1.refusals().empty());
  EXPECT_EQ(given.state->begun, 0u) << "a copy that would not do";
  given.state->is_stuck = false;
  given.primary.node().advance(seconds{5});
  EXPECT_EQ(r1.offered().at, lsn{10});
}

TEST(snapshot_making, refuses_after_a_while_and_says_which_lsn_is_needed) {
  giving_primary given;
  asking_replica r1{given, "r1"};
  r1.ask(lsn{10});
  given.primary.node().advance(seconds{19});
  EXPECT_TRUE(r1.refusals().empty());
  given.primary.node().advance(seconds{2});
  ASSERT_EQ(r1.refusals(), std::vector{errc::timed_out});
  EXPECT_EQ(r1.peer.heard().snapshot_refusals[0].reason,
            "the state here is through LSN 8, LSN 10 is needed");
  EXPECT_EQ(given.primary.status().snapshot_trouble, "");
}

TEST(snapshot_making, freezes_a_state_again_that_was_in_the_middle_of_a_batch) {
  giving_primary given;
  given.primary.append_now(append_of({"a", "b", "c"}));
  given.state->says_at = lsn{9};
  asking_replica r1{given, "r1"};
  r1.ask(lsn{9});
  EXPECT_TRUE(r1.peer.heard().offers.empty());
  EXPECT_TRUE(given.outgoing_files().empty());
  given.state->says_at.reset();
  given.primary.node().advance(seconds{1});
  EXPECT_EQ(r1.offered().at, lsn{11});
}

/// The log is pruned as soon as nothing holds it.
struct pruning : testing::Test {
  giving_primary given;

  void sweep() { given.primary.node().advance(seconds{3}); }
  lsn oldest() { return given.primary.positions().oldest; }

  /// A replica that has everything: without it nothing would be pruned.
  void keep_up(scripted_peer& peer) {
    peer.ack(given.primary.positions().durable);
    sweep();
  }
};

TEST_F(pruning, stops_behind_a_snapshot_until_it_is_over) {
  scripted_peer quick{given.primary.node()};
  attach(quick, given.primary, "quick");
  given.primary.fill(40, 500);
  keep_up(quick);
  auto before = oldest();
  EXPECT_GT(before, lsn{8});
  asking_replica r1{given, "r1"};
  auto at = r1.ask().offered().at;
  given.primary.fill(40, 500);
  keep_up(quick);
  EXPECT_LE(oldest(), next(at)) << "what follows it is kept";
  given.primary.restart();
  scripted_peer again{given.primary.node()};
  auto hello = hello_of("quick");
  auto positions = given.primary.positions();
  hello.flushed = positions.durable;
  hello.history = {{positions.durable, positions.tail}};
  hello.identity.sequence = connect_sequence{2};
  again.join(given.primary.actors().gate, hello);
  keep_up(again);
  EXPECT_LE(oldest(), next(at)) << "over a restart, too";
  asking_replica back{given, "r1", 2};
  back.ask();
  EXPECT_EQ(back.offered().at, at);
  back.take_all();
  back.stage(back.offered().chunks.size(), true);
  keep_up(again);
  EXPECT_LE(oldest(), next(at)) << "who else was sent it before the restart is not known";
  given.primary.node().advance(minutes{10});
  EXPECT_GT(oldest(), next(at));
}

TEST_F(pruning, goes_on_once_the_snapshot_is_over) {
  scripted_peer quick{given.primary.node()};
  attach(quick, given.primary, "quick");
  asking_replica r1{given, "r1"};
  auto at = r1.ask().offered().at;
  given.primary.fill(40, 500);
  keep_up(quick);
  EXPECT_LE(oldest(), next(at));
  r1.take_all();
  r1.stage(3, true);
  keep_up(quick);
  EXPECT_GT(oldest(), next(at));
}

} // namespace
} // namespace sluice::test
