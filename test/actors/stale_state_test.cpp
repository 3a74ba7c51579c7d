#include "actors/directory_rule.hpp"
#include "persistence/diverged_tails.hpp"
#include "replication/bookmark_rule.hpp"
#include "replication/timeline_history.hpp"
#include "test/actors/receiving_fixture.hpp"

/// A replica whose state is of another place in the history than its log.
namespace sluice::test {
namespace {

TEST_F(receiving, brings_up_a_state_that_is_behind_from_its_log) {
  stop();
  *state = memory_state{};
  ASSERT_FALSE(start());
  EXPECT_FALSE(position().wants_snapshot);
  stream_through(4);
  EXPECT_EQ(state->through, lsn{4});
}

TEST_F(receiving, wants_another_when_its_log_begins_behind_its_state) {
  order(lsn{6});
  serve(8);
  stop();
  *state = memory_state{};
  ASSERT_FALSE(start());
  EXPECT_TRUE(position().wants_snapshot);
  order(lsn{8});
  serve(9);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_FALSE(position().wants_snapshot);
  expect_consistent(9);
}

// A deposed primary whose state holds what is on no timeline of its successor.
TEST_F(receiving, is_cut_below_its_state_and_wants_another) {
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{2}, batches[1].tail_digest};
  auto done = node.ask<messages::log_restarted>(replica->receiver, told);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->code, errc::ok) << done->reason;
  EXPECT_TRUE(position().wants_snapshot);
  stop();
  ASSERT_FALSE(start());
  EXPECT_TRUE(position().wants_snapshot) << "a later life knows it";
  auto candidacy = node.ask<messages::candidacy>(replica->receiver, messages::get_candidacy{});
  EXPECT_NE(candidacy->obstacle.find("snapshot"), std::string::npos);
  messages::snapshot_needed what{true,     "cluster", term{2},   timeline_id{2},
                                 sequence, lsn{2},    "diverged"};
  caf::send_as(
      sender, replica->snapshots,
      messages::fetch_snapshot{what, caf::actor_cast<messages::snapshot_gate_actor>(sender)});
  node.run();
  serve(8);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
  EXPECT_FALSE(position().wants_snapshot);
  EXPECT_EQ(position().term, term{2});
  stop();
  ASSERT_FALSE(start());
  EXPECT_FALSE(position().wants_snapshot);
  EXPECT_EQ(state->through, lsn{8});
}

// The link, and the primary, may be faster than the applier's thread.
TEST_F(receiving, knows_how_far_its_state_is_before_anything_reaches_it) {
  stream_through(8);
  stop();
  ASSERT_FALSE(open());
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{5}, batches[4].tail_digest};
  caf::send_as(sender, replica->receiver, told);
  node.run();
  EXPECT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
  EXPECT_EQ(position_quietly().durable, lsn{5});
  EXPECT_TRUE(position().wants_snapshot) << "the state holds 6 to 8 of another history";
}

TEST_F(receiving, refuses_to_be_cut_below_a_state_that_nothing_can_replace) {
  has_sink = false;
  stream_through(8);
  stop();
  ASSERT_FALSE(open());
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{5}, batches[4].tail_digest};
  caf::send_as(sender, replica->receiver, told);
  node.run();
  EXPECT_EQ(heard->outcomes.back().code, errc::pruned) << heard->outcomes.back().reason;
  EXPECT_EQ(position_quietly().durable, lsn{8});
}

// It got a snapshot of a primary that was then passed over: nothing that it holds is its
// successor's.
TEST_F(receiving, puts_its_log_aside_where_that_begins_behind_the_fork) {
  order(lsn{6});
  serve(8);
  stream_through(9);
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{2}, batches[1].tail_digest};
  auto done = node.ask<messages::log_restarted>(replica->receiver, told);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->code, errc::ok) << done->reason;
  EXPECT_TRUE(position().wants_snapshot);
  EXPECT_EQ(position().flushed, no_lsn);
  EXPECT_EQ(position().last_term, term{1});
  EXPECT_EQ(state->through, lsn{9}) << "it is read until another takes its place";
  stop();
  ASSERT_FALSE(start());
  EXPECT_TRUE(position().wants_snapshot) << "a later life knows it";
  auto tails = persistence::list_diverged_tails(host.disk, data_directory);
  ASSERT_TRUE(tails);
  ASSERT_EQ(tails->size(), 1u);
  EXPECT_EQ(tails->front().first, lsn{9});
  order(no_lsn, term{2});
  serve(6);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
  EXPECT_FALSE(position().wants_snapshot);
  expect_consistent(6);
}

TEST_F(receiving, is_not_opened_without_what_could_replace_its_state) {
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{2}, batches[1].tail_digest};
  ASSERT_TRUE(node.ask<messages::log_restarted>(replica->receiver, told));
  stop();
  has_sink = false;
  auto err = start();
  EXPECT_EQ(code_of(err), errc::diverged);
  EXPECT_NE(context_of(err).find("snapshot"), std::string::npos);
}

TEST_F(receiving, is_not_opened_without_the_state_that_was_being_replaced) {
  messages::begin_install intent{"cluster", term{1}, timeline_id{1}, lsn{8}, digest{77}, term{1}};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  stop();
  auto bytes_of_all = [this] {
    std::map<std::string, std::string> all;
    for (const auto& path : host.disk.files())
      all[path.string()] = host.disk.content(path);
    return all;
  };
  auto before = bytes_of_all();
  auto kept = std::exchange(state, nullptr);
  auto err = start();
  state = kept;
  EXPECT_EQ(code_of(err), errc::invalid_argument);
  EXPECT_NE(context_of(err).find("start it with the state that it had"), std::string::npos)
      << describe(err);
  EXPECT_NE(context_of(err).find("--kv"), std::string::npos) << describe(err);
  EXPECT_EQ(bytes_of_all(), before) << "what was refused is changed";
  ASSERT_FALSE(start());
  expect_consistent(8);
}

// Two of three are alive: the primary commits nothing without this replica, so that its state
// stays behind what this log holds.
TEST_F(receiving, keeps_its_log_where_that_goes_on_behind_the_snapshot) {
  stream_through(6);
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{5}, batches[4].tail_digest};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, told)->code, errc::ok);
  ASSERT_EQ(state->through, lsn{6});
  order(lsn{1}, term{2});
  serve(4);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
  EXPECT_EQ(state->through, lsn{4});
  EXPECT_EQ(position_quietly().durable, lsn{5});
  EXPECT_EQ(position_quietly().log_start, no_lsn) << "it was not begun anew";
  EXPECT_FALSE(position().wants_snapshot);
  EXPECT_TRUE(staged_files().empty());
  stop();
  ASSERT_FALSE(start());
  EXPECT_FALSE(position().wants_snapshot);
  stream_through(8, term{2});
  EXPECT_EQ(memory_state::bytes_of(state->through, state->records), state_at(8));
}

TEST_F(receiving, gives_back_a_snapshot_that_is_of_another_history) {
  stream_through(6);
  order(lsn{1});
  auto other = manifest_at(4);
  other.history = digest{1234};
  tell(messages::snapshot_offer{true, attempt(), "cluster", term{1}, encode(other)});
  for (std::size_t i = 0; i < other.chunks.size(); ++i)
    send_chunk(4, i);
  EXPECT_EQ(heard->outcomes.back().code, errc::pruned);
  EXPECT_TRUE(heard->staged.back().is_over);
  EXPECT_EQ(state->through, lsn{6});
  EXPECT_EQ(position_quietly().durable, lsn{6});
}

// Whoever is compared by where its log ends must not look empty: what it holds was acknowledged.
TEST_F(receiving, ends_in_the_term_of_the_last_record_of_its_state) {
  order(lsn{6});
  serve(8);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(position().last_term, term{1});
  stop();
  ASSERT_FALSE(start());
  EXPECT_EQ(position().last_term, term{1}) << "a later life knows it";
  auto candidacy = node.ask<messages::candidacy>(replica->receiver, messages::get_candidacy{});
  EXPECT_EQ(candidacy->end, (replication::history_end{term{1}, lsn{8}}));
}

// The primary dies before it has said hello again.
TEST_F(receiving, can_be_promoted_as_soon_as_its_log_began_behind_its_state) {
  messages::cluster_facts told{{"p", "r"},
                               7,
                               {{timeline_id{1}, {}, {}, {}, term{1}, "old"},
                                {timeline_id{4}, timeline_id{1}, lsn{5}, digest{5}, term{4}, "p"}},
                               "quorum"};
  messages::begin_install intent{"cluster", term{4}, timeline_id{4}, lsn{8}, digest{77},
                                 term{4},   told};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  state->through = lsn{8};
  ASSERT_TRUE(node.ask<messages::log_restarted>(replica->receiver, messages::install_ended{true}));
  auto candidacy = node.ask<messages::candidacy>(replica->receiver, messages::get_candidacy{});
  EXPECT_EQ(candidacy->obstacle, "");
  EXPECT_EQ(candidacy->members, told.members);
  messages::grant_request own{true, "cluster", "r", "h:1", term{5}, term{4}, lsn{8}};
  ASSERT_EQ(node.ask<messages::grant_reply>(replica->receiver, own)->code, errc::ok);
  auto taken = node.ask<messages::office_taken>(replica->receiver, messages::take_office{term{5}});
  ASSERT_EQ(taken->code, errc::ok) << taken->reason;
  stop();
  std::string warning;
  auto stored = persistence::read_node_state(host.disk, data_directory, warning);
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ(replication::why_unsound(actors::timelines_of(**stored)), nullptr);
}

TEST_F(receiving, is_not_promoted_on_a_timeline_of_unknown_descent) {
  messages::begin_install intent{"cluster", term{4}, timeline_id{4}, lsn{8}, digest{77}, term{4}};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  state->through = lsn{8};
  ASSERT_TRUE(node.ask<messages::log_restarted>(replica->receiver, messages::install_ended{true}));
  auto candidacy = node.ask<messages::candidacy>(replica->receiver, messages::get_candidacy{});
  EXPECT_NE(candidacy->obstacle.find("timeline"), std::string::npos) << candidacy->obstacle;
}

// The state of a cut tail ends where the snapshot does: the one cannot be told from the other.
TEST_F(receiving, never_takes_a_diverged_state_for_the_one_that_was_being_installed) {
  stream_through(8);
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{5}, batches[4].tail_digest};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, told)->code, errc::ok);
  ASSERT_EQ(state->through, lsn{8});
  messages::begin_install intent{"cluster", term{2}, timeline_id{2}, lsn{8}, digest{77}, term{2}};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  stop();
  ASSERT_FALSE(start());
  EXPECT_TRUE(position().wants_snapshot);
  EXPECT_EQ(position_quietly().durable, lsn{5}) << "the log is as it was";
}

class a_state_being_replaced : public receiving {
protected:
  /// By that of LSN 6 on timeline 2; its own is of LSN 8 on timeline 1, which was cut behind 5.
  void begin() {
    cut_below_state();
    messages::begin_install intent{
        "cluster", term{2}, timeline_id{2}, lsn{6}, batches[5].tail_digest, term{1}};
    intent.facts.timelines = {
        {timeline_id{1}, {}, {}, {}, term{1}, "n1"},
        {timeline_id{2}, timeline_id{1}, lsn{5}, batches[4].tail_digest, term{2}, "n2"}};
    auto begun = node.ask<messages::log_restarted>(replica->receiver, intent);
    ASSERT_EQ(begun->code, errc::ok) << begun->reason;
  }

  void end(bool is_installed) {
    ASSERT_TRUE(node.ask<messages::log_restarted>(replica->receiver,
                                                  messages::install_ended{is_installed}));
  }

  replication::bookmark_verdict judge(std::uint64_t timeline, std::uint64_t at) {
    auto position =
        node.ask<messages::applied_position>(replica->receiver, messages::await_applied{lsn{at}});
    return replication::judge_bookmark({timeline_id{timeline}, term{2}, lsn{at}},
                                       position->applied);
  }
};

using replication::bookmark_verdict;

TEST_F(a_state_being_replaced, is_read_at_no_bookmark) {
  begin();
  EXPECT_EQ(judge(2, 6), bookmark_verdict::other_timeline) << "it is of the old history still";
  EXPECT_EQ(judge(1, 6), bookmark_verdict::wait) << "the new one may come at any moment";
}

TEST_F(a_state_being_replaced, is_read_as_far_as_the_new_one_is) {
  begin();
  state->through = lsn{6};
  end(true);
  EXPECT_EQ(judge(2, 6), bookmark_verdict::serve);
  EXPECT_EQ(judge(2, 7), bookmark_verdict::wait);
  EXPECT_EQ(judge(1, 7), bookmark_verdict::other_timeline);
}

TEST_F(a_state_being_replaced, is_of_its_own_timeline_when_it_was_not) {
  begin();
  end(false);
  EXPECT_EQ(judge(2, 6), bookmark_verdict::other_timeline);
  EXPECT_EQ(judge(1, 8), bookmark_verdict::serve);
  EXPECT_EQ(position().timeline, timeline_id{1});
  begin_anew();
  begin();
  stop();
  ASSERT_FALSE(start());
  EXPECT_EQ(judge(2, 6), bookmark_verdict::other_timeline);
  EXPECT_EQ(judge(1, 8), bookmark_verdict::serve);
}

TEST_F(a_state_being_replaced, is_of_the_new_timeline_when_it_was_before_the_node_died) {
  begin();
  state->through = lsn{6};
  stop();
  ASSERT_FALSE(start());
  EXPECT_EQ(judge(2, 6), bookmark_verdict::serve);
  EXPECT_EQ(judge(1, 6), bookmark_verdict::other_timeline);
  stop();
  std::string warning;
  auto stored = persistence::read_node_state(host.disk, data_directory, warning);
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ((*stored)->history.back().id, timeline_id{2});
}

// A snapshot that this log goes on behind may be of less than was applied.
TEST_F(a_state_being_replaced, beside_a_log_that_stays_is_read_as_far_as_the_new_one_is) {
  stream_through(6);
  messages::begin_install intent{"cluster", term{1}, timeline_id{1}, lsn{4}, batches[3].tail_digest,
                                 term{1}};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  EXPECT_EQ(judge(1, 5), bookmark_verdict::wait);
  state->through = lsn{4};
  end(true);
  EXPECT_EQ(judge(1, 4), bookmark_verdict::serve);
  EXPECT_EQ(judge(1, 5), bookmark_verdict::wait);
}

TEST_F(receiving, takes_no_office_while_its_state_is_being_replaced) {
  messages::grant_request own{true, "cluster", "r", "h:1", term{2}, term{1}, lsn{3}};
  messages::begin_install intent{"cluster", term{1}, timeline_id{1}, lsn{8}, digest{77}, term{1}};
  ASSERT_EQ(node.ask<messages::log_restarted>(replica->receiver, intent)->code, errc::ok);
  ASSERT_TRUE(node.ask<messages::grant_reply>(replica->receiver, own));
  auto taken = node.ask<messages::office_taken>(replica->receiver, messages::take_office{term{2}});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->code, errc::overloaded);
  stop();
  ASSERT_FALSE(start()) << "it is a replica still";
}

} // namespace
} // namespace sluice::test
