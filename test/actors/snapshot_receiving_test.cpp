#include "test/actors/receiving_fixture.hpp"

/// A replica that gets its embedder's state by a snapshot; the sender says what the test tells it.
namespace sluice::test {
namespace {

using std::chrono::seconds;

TEST_F(receiving, replaces_the_state_and_goes_on_behind_it) {
  ASSERT_EQ(state->through, lsn{3});
  EXPECT_TRUE(position().can_install);
  order(lsn{6});
  ASSERT_EQ(heard->requests.size(), 1u);
  EXPECT_EQ(heard->requests[0].cluster, "cluster");
  EXPECT_EQ(heard->requests[0].node, "r");
  EXPECT_EQ(heard->requests[0].at_least, lsn{6});
  serve(8);
  ASSERT_EQ(heard->outcomes.size(), 1u);
  EXPECT_EQ(heard->outcomes[0].code, errc::ok) << heard->outcomes[0].reason;
  EXPECT_TRUE(heard->staged.back().is_over);
  EXPECT_FALSE(heard->progress);
  expect_consistent(8);
  EXPECT_EQ(state->installed, 1);
  EXPECT_TRUE(staged_files().empty());
  EXPECT_EQ(position().flushed, lsn{8});
  EXPECT_EQ(position().history.back().digest, batches[7].tail_digest);
  stream_through(12);
  EXPECT_EQ(state->through, lsn{12});
  EXPECT_EQ(memory_state::bytes_of(state->through, state->records), state_at(12));
}

TEST_F(receiving, tells_how_far_it_is) {
  order(lsn{6});
  EXPECT_EQ(heard->progress->stage, "building");
  node.advance(seconds{1});
  tell(messages::snapshot_building{true, attempt(), 70, 100});
  EXPECT_EQ(heard->progress->bytes, 70u);
  offer(8);
  node.advance(seconds{1});
  send_chunk(8, 0);
  EXPECT_EQ(heard->progress->stage, "sending");
  EXPECT_EQ(heard->progress->at, lsn{8});
  EXPECT_EQ(heard->progress->bytes, chunk_bytes);
  EXPECT_EQ(heard->progress->total_bytes, state_at(8).size());
  EXPECT_EQ(heard->progress->seconds_left, (state_at(8).size() - 1) / chunk_bytes)
      << "a chunk a second";
}

TEST_F(receiving, goes_on_at_the_chunk_where_the_link_broke) {
  order(lsn{6});
  serve(8, 2);
  tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
  ASSERT_EQ(heard->outcomes.size(), 1u);
  EXPECT_EQ(heard->outcomes[0].code, errc::closed);
  expect_consistent(8);
  order(lsn{6});
  EXPECT_EQ(heard->requests.size(), 2u);
  serve(8);
  EXPECT_EQ(heard->staged.front().chunks, 2u);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(sent_chunks, manifest_at(8).chunks.size()) << "no byte came twice";
}

TEST_F(receiving, goes_on_at_the_chunk_where_the_process_was_killed) {
  order(lsn{6});
  serve(8, 2);
  stop();
  ASSERT_FALSE(start());
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(sent_chunks, manifest_at(8).chunks.size());
}

TEST_F(receiving, takes_no_chunk_twice_over_fifty_breaks) {
  auto count = manifest_at(12).chunks.size();
  ASSERT_GT(count, 5u);
  std::uint64_t came = 0;
  for (int breaks = 0; breaks < 50; ++breaks) {
    order(lsn{6});
    serve(12, breaks % 10 == 0 && came + 1 < count ? 1 : 0);
    EXPECT_EQ(heard->staged.front().chunks, came);
    came = heard->staged.back().chunks;
    tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
    if (breaks % 7 == 0) {
      stop();
      ASSERT_FALSE(start());
    }
  }
  EXPECT_EQ(came, 5u);
  order(lsn{6});
  serve(12);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(sent_chunks, count);
  expect_consistent(12);
}

TEST_F(receiving, begins_anew_with_another_snapshot) {
  order(lsn{6});
  serve(8, 2);
  tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
  order(lsn{6});
  serve(9);
  EXPECT_EQ(heard->staged.front().chunks, 0u);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  expect_consistent(9);
}

TEST_F(receiving, takes_nothing_of_an_earlier_attempt) {
  order(lsn{6});
  serve(8, 1);
  auto early = attempt();
  order(lsn{6});
  ASSERT_EQ(heard->outcomes.size(), 1u) << "the first attempt was answered";
  tell(messages::snapshot_chunk{true, early, 1, payload{"stale"}});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
}

TEST_F(receiving, refuses_what_is_no_use) {
  order(lsn{6});
  offer(5);
  EXPECT_EQ(heard->outcomes.back().code, errc::pruned) << "older than the primary's log";
  order(lsn{6});
  offer(8, "another");
  EXPECT_EQ(heard->outcomes.back().code, errc::wrong_cluster);
  order(lsn{6});
  tell(messages::snapshot_offer{true, attempt(), "cluster", term{1}, "no manifest"});
  EXPECT_EQ(heard->outcomes.back().code, errc::malformed);
  EXPECT_EQ(state->installed, 0);
  expect_consistent(8);
}

TEST_F(receiving, gives_up_at_a_damaged_chunk_and_keeps_those_before) {
  order(lsn{6});
  serve(8, 1);
  tell(messages::snapshot_chunk{true, attempt(), 1, payload{"damaged"}});
  EXPECT_EQ(heard->outcomes.back().code, errc::corruption);
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->staged.front().chunks, 1u);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
}

TEST_F(receiving, keeps_the_old_state_when_the_new_one_is_refused) {
  state->sink_fails = make_error(errc::corruption, "not a state");
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::corruption);
  expect_consistent(8);
  EXPECT_TRUE(staged_files().empty()) << "it is not tried again";
  stream_through(4);
  EXPECT_EQ(state->through, lsn{4});
}

TEST_F(receiving, has_what_came_when_there_is_room_again) {
  state->sink_fails = make_error(errc::no_space, "the volume of the state is full");
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::no_space);
  expect_consistent(8);
  state->sink_fails = {};
  order(lsn{6});
  offer(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok) << "not a byte was sent again";
  expect_consistent(8);
}

TEST_F(receiving, without_room_to_stage_says_so) {
  host.disk.add_fault({vfs_call::allocate, 1, errc::no_space, false});
  order(lsn{6});
  offer(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::no_space);
  EXPECT_TRUE(staged_files().empty());
}

TEST_F(receiving, gives_up_a_sender_that_is_silent) {
  order(lsn{6});
  offer(8);
  node.advance(seconds{29});
  EXPECT_TRUE(heard->outcomes.empty());
  node.advance(seconds{3});
  ASSERT_EQ(heard->outcomes.size(), 1u);
  EXPECT_EQ(heard->outcomes[0].code, errc::timed_out);
}

TEST_F(receiving, ends_with_who_sends) {
  order(lsn{6});
  offer(8);
  node.kill(sender);
  make_sender();
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
}

TEST_F(receiving, forgets_what_nobody_wants_any_more) {
  order(lsn{6});
  serve(8, 2);
  tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
  EXPECT_FALSE(staged_files().empty());
  tell(messages::forget_snapshot{});
  EXPECT_TRUE(staged_files().empty());
}

TEST_F(receiving, keeps_nothing_of_what_came_once_it_is_the_primary) {
  order(lsn{6});
  serve(8, 2);
  ASSERT_FALSE(staged_files().empty());
  messages::grant_request own{true, "cluster", "r", "h:1", term{2}, term{1}, lsn{3}};
  ASSERT_EQ(node.ask<messages::grant_reply>(replica->receiver, own)->code, errc::ok);
  auto taken = node.ask<messages::office_taken>(replica->receiver, messages::take_office{term{2}});
  ASSERT_EQ(taken->code, errc::ok) << taken->reason;
  stop();
  primary_config config;
  config.data = data_directory;
  config.name = "r";
  config.segment_bytes = 64 * 1024;
  config.record_bytes_max = 16 * 1024;
  config.applier = state;
  auto opened = actors::open_primary(node.system(), config, host.environment());
  ASSERT_TRUE(opened) << describe(opened.error());
  EXPECT_TRUE(staged_files().empty());
  node.kill(opened->supervisor);
  node.run();
}

TEST_F(receiving, is_whole_after_a_power_cut_at_any_change) {
  auto rounds = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    host.disk.power_off_at(nth);
    order(lsn{6});
    serve(8);
    auto is_cut = host.disk.is_power_off();
    stop();
    host.disk.cut_power();
    auto err = start();
    ASSERT_FALSE(err) << describe(err) << " after change " << nth;
    expect_consistent(8);
    if (HasFailure())
      FAIL() << "after change " << nth;
    if (state->through != lsn{8}) {
      order(lsn{6});
      serve(8);
      EXPECT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
      expect_consistent(8);
    }
    if (!is_cut)
      break;
    ++rounds;
    // Another replica, for the next cut.
    begin_anew();
    stream_through(3);
  }
  EXPECT_GT(rounds, 20);
}

// The tail that was cut off the log ended where the snapshot does. Whether the state was replaced
// is not to be seen by it, and the log is only touched when it is known.
TEST_F(receiving, of_a_state_at_the_same_lsn_is_whole_after_a_power_cut_at_any_change) {
  auto rounds = 0;
  auto not_told = 0;
  auto is_cut = true;
  for (std::uint64_t nth = 1; is_cut; ++nth) {
    SCOPED_TRACE("power off at change " + std::to_string(nth));
    begin_anew();
    cut_below_state();
    host.disk.power_off_at(nth);
    order(lsn{6}, term{2});
    serve(8);
    is_cut = host.disk.is_power_off();
    stop();
    host.disk.cut_power();
    auto err = start();
    ASSERT_FALSE(err) << describe(err);
    if (position().wants_snapshot) {
      auto log = position_quietly();
      EXPECT_EQ(log.oldest, lsn{1});
      EXPECT_EQ(log.durable, lsn{5});
      EXPECT_FALSE(holds_discarded_files());
      not_told += state->installed;
      order(lsn{6}, term{2});
      serve(8);
      EXPECT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
    }
    EXPECT_GT(state->installed, 0);
    EXPECT_FALSE(position().wants_snapshot);
    EXPECT_TRUE(holds_discarded_files()) << "until the log holds more than it did";
    expect_consistent(8);
    stream_through(9, term{2});
    EXPECT_EQ(state->through, lsn{9});
    EXPECT_FALSE(holds_discarded_files()) << "what is kept is noted";
    if (HasFailure())
      return;
    ++rounds;
  }
  EXPECT_GT(rounds, 20);
  EXPECT_GT(not_told, 0) << "it was cut before it could be noted that the state was replaced";
}

TEST_F(receiving, gives_its_log_up_once_it_can_be_noted_that_its_state_is_the_new_one) {
  cut_below_state();
  messages::begin_install intent{"cluster", term{2}, timeline_id{1}, lsn{8}, batches[7].tail_digest,
                                 term{1}};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  state->installed = 1;
  host.disk.add_fault({vfs_call::write, 1, errc::io_error, true});
  auto done = node.ask<messages::log_restarted>(replica->receiver, messages::install_ended{true});
  EXPECT_EQ(done->code, errc::io_error) << done->reason;
  EXPECT_FALSE(holds_discarded_files());
  host.disk.clear_faults();
  EXPECT_EQ(position().flushed, lsn{8}) << "whoever asks goes on with it";
  EXPECT_TRUE(holds_discarded_files());
  expect_consistent(8);
}

} // namespace
} // namespace sluice::test
