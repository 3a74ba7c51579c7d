#include "test/support/replica_under_test.hpp"

#include <caf/event_based_actor.hpp>

/// What a replica writes, acks and applies of what a primary streams, right or wrong.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(receiver, acks_what_it_has_synced) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a", "b"}));
  EXPECT_EQ(replica.last_ack().flushed, lsn{2});
  replica.disk().cut_power_losing_all();
  replica.restart();
  EXPECT_EQ(replica.position().flushed, lsn{2});
}

TEST(receiver, acks_nothing_when_the_sync_fails) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  replica.stream(replica.source().make({"b"}));
  EXPECT_EQ(replica.last_ack().flushed, lsn{1});
  EXPECT_EQ(replica.broken().back().code, errc::log_failed);
  EXPECT_FALSE(replica.position().failure.empty());
}

TEST(receiver, whose_write_found_no_room_opens_its_log_again_within_a_second_of_room) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.disk().add_fault({vfs_call::write, 1, errc::no_space, true});
  auto unwritten = replica.source().make({"b"});
  replica.stream(unwritten);
  EXPECT_EQ(replica.broken().back().code, errc::log_failed);
  EXPECT_NE(replica.log().failure.find("no_space"), std::string::npos) << replica.log().failure;
  replica.node().advance(seconds{5});
  EXPECT_FALSE(replica.position().failure.empty());
  EXPECT_EQ(replica.last_ack().flushed, lsn{1});
  replica.disk().clear_faults();
  replica.node().advance(seconds{1});
  EXPECT_EQ(replica.position().failure, "");
  replica.attach();
  if (replica.last_ack().flushed == lsn{1})
    replica.stream(unwritten);
  replica.stream(replica.source().make({"c"}));
  EXPECT_EQ(replica.last_ack().flushed, lsn{3});
  replica.disk().cut_power_losing_all();
  replica.restart();
  EXPECT_EQ(replica.position().flushed, lsn{3});
}

TEST(receiver, whose_sync_found_no_room_tells_readers_what_was_whole_after_all) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.disk().add_fault({vfs_call::sync_data, 1, errc::no_space, false});
  replica.stream(replica.source().make({"b"}));
  replica.node().advance(seconds{1});
  auto log = replica.log();
  EXPECT_EQ(log.failure, "");
  EXPECT_EQ(replica.position().flushed, log.durable);
}

TEST(receiver, whose_log_cannot_be_opened_again_says_why_and_tries_no_more) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.disk().add_fault({vfs_call::write, 1, errc::no_space, false});
  replica.stream(replica.source().make({"b"}));
  replica.disk().add_fault({vfs_call::open, 1, errc::io_error, true});
  replica.node().advance(seconds{1});
  EXPECT_NE(replica.log().failure.find("cannot be opened again"), std::string::npos);
  replica.disk().clear_faults();
  replica.node().advance(seconds{5});
  EXPECT_FALSE(replica.position().failure.empty());
}

TEST(receiver, that_has_no_room_for_a_segment_says_so_and_goes_on_with_room) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.disk().set_capacity(0);
  frame_batch waiting;
  for (int i = 0; i < 100 && replica.log().trouble.empty(); ++i) {
    waiting = replica.source().make({std::string(9000, 'x')});
    replica.stream(waiting);
  }
  EXPECT_NE(replica.log().trouble.find("no_space"), std::string::npos);
  EXPECT_EQ(replica.log().failure, "");
  replica.disk().set_capacity(UINT64_MAX);
  replica.node().advance(seconds{1});
  EXPECT_EQ(replica.log().trouble, "");
  EXPECT_EQ(replica.last_ack().flushed, waiting.last);
}

TEST(receiver, writes_what_arrived_meanwhile_in_one_go) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  auto before = replica.disk().changes();
  auto first = replica.source().make({"b"});
  auto second = replica.source().make({"c"});
  replica.send(first);
  replica.send(second);
  replica.node().run();
  EXPECT_EQ(replica.disk().changes() - before, 2u);
  EXPECT_EQ(replica.last_ack().flushed, lsn{3});
}

TEST(receiver, stores_the_term_before_its_first_ack) {
  replica_under_test replica;
  replica.attach(term{7});
  EXPECT_EQ(replica.last_ack().term, term{7});
  replica.disk().cut_power_losing_all();
  replica.restart();
  EXPECT_EQ(replica.position().term, term{7});
  EXPECT_EQ(replica.position().cluster, "cluster");
}

TEST(receiver, acks_nothing_under_a_term_that_it_could_not_store) {
  replica_under_test replica;
  replica.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, true});
  replica.attach(term{7});
  EXPECT_TRUE(replica.acks().empty());
  EXPECT_FALSE(replica.broken().empty());
}

TEST(receiver, follows_no_older_term) {
  replica_under_test replica;
  replica.attach(term{7});
  replica.attach(term{6});
  EXPECT_EQ(replica.broken().back().code, errc::fenced);
  EXPECT_EQ(replica.last_ack().term, term{7});
}

TEST(receiver, follows_no_other_cluster) {
  replica_under_test replica;
  replica.attach();
  auto other = replica.welcome_of(term{1});
  other.cluster = "other";
  replica.attach(other);
  EXPECT_EQ(replica.broken().back().code, errc::wrong_cluster);
}

// -- what breaks the stream and is not written ---------------------------------------------

/// A replica that holds two records and is sent something wrong.
struct broken_stream : testing::Test {
  replica_under_test replica;

  broken_stream() {
    replica.attach();
    replica.stream(replica.source().make({"a"}));
    replica.stream(replica.source().make({"b"}));
  }

  void expect_broken(errc code) {
    ASSERT_FALSE(replica.broken().empty());
    EXPECT_EQ(replica.broken().back().code, code);
    EXPECT_EQ(replica.position().flushed, lsn{2});
    EXPECT_EQ(replica.last_ack().flushed, lsn{2});
  }
};

TEST_F(broken_stream, by_a_gap) {
  replica.source().make({"skipped"});
  replica.stream(replica.source().make({"d"}));
  expect_broken(errc::malformed);
}

TEST_F(broken_stream, by_another_history) {
  replica.source().rewrite_tail();
  replica.stream(replica.source().make({"c"}));
  expect_broken(errc::diverged);
}

/// What was heard ends the link's back-off.
TEST_F(broken_stream, was_not_heard_of_in_what_broke_it) {
  std::vector<errc> told;
  auto& node = replica.node();
  auto link = node.keep(node.system().spawn([&told](caf::event_based_actor*) -> caf::behavior {
    return {
        [&told](const messages::stream_heard&) { told.push_back(errc::ok); },
        [&told](const messages::stream_broken& x) { told.push_back(x.code); },
        [](const messages::replica_ack&) {},
    };
  }));
  auto accepted = replica.welcome_of(term{1});
  replica.attach(accepted);
  caf::send_as(link, replica.receiver(),
               messages::attach_stream{accepted, caf::actor_cast<caf::strong_actor_ptr>(link)});
  node.run();
  replica.stream(replica.source().make({"c"}));
  node.advance(std::chrono::seconds{1});
  replica.source().rewrite_tail();
  replica.stream(replica.source().make({"d"}));
  EXPECT_EQ(told, (std::vector<errc>{errc::ok, errc::diverged}));
}

TEST_F(broken_stream, by_a_damaged_batch) {
  auto batch = replica.source().make({"c"});
  std::string bytes{batch.bytes.view()};
  bytes[bytes.size() / 2] ^= 1;
  batch.bytes = payload{bytes};
  replica.stream(batch);
  expect_broken(errc::corruption);
}

TEST_F(broken_stream, by_what_could_not_be_understood) {
  messages::stream_batches nothing;
  nothing.well_formed = false;
  replica.tell(nothing);
  expect_broken(errc::malformed);
}

TEST_F(broken_stream, by_a_batch_of_a_newer_term) {
  replica.stream(replica.source().make({"c"}, term{9}));
  expect_broken(errc::fenced);
}

TEST_F(broken_stream, by_its_second_half_keeps_nothing_of_the_first) {
  auto good = replica.source().make({"c"});
  replica.source().make({"skipped"});
  auto bad = replica.source().make({"e"});
  messages::stream_batches both;
  both.header = replica.header();
  both.blocks = {good.bytes, bad.bytes};
  replica.tell(both);
  EXPECT_EQ(replica.position().flushed, lsn{2});
}

TEST_F(broken_stream, of_an_earlier_session_is_passed_over) {
  auto batch = replica.source().make({"c"});
  messages::stream_batches stale;
  stale.header = replica.header();
  stale.header.sequence = connect_sequence{99};
  stale.blocks = {batch.bytes};
  replica.tell(stale);
  EXPECT_TRUE(replica.broken().empty());
  EXPECT_EQ(replica.position().flushed, lsn{2});
}

TEST_F(broken_stream, by_a_repetition_is_not_broken_and_acked_again) {
  auto acks = replica.acks().size();
  replica.stream(replica.source().last());
  EXPECT_TRUE(replica.broken().empty());
  EXPECT_EQ(replica.acks().size(), acks + 1);
  EXPECT_EQ(replica.last_ack().flushed, lsn{2});
}

// -- joining -------------------------------------------------------------------------------

TEST(receiver, tells_a_position_that_no_earlier_stream_moves) {
  replica_under_test replica;
  replica.attach();
  auto position = replica.position();
  replica.stream(replica.source().make({"a"}));
  EXPECT_EQ(replica.position().flushed, position.flushed);
}

TEST(receiver, proves_its_position_by_the_digest_there) {
  replica_under_test replica;
  replica.attach();
  auto batch = replica.source().make({"a"});
  replica.stream(batch);
  auto position = replica.position();
  ASSERT_EQ(position.history.size(), 1u);
  EXPECT_EQ(position.history[0], (messages::history_point{lsn{1}, batch.tail_digest}));
}

TEST(receiver, waits_for_room_and_goes_on) {
  replica_under_test replica;
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.disk().set_capacity(0);
  for (int i = 0; i < 60; ++i)
    replica.stream(replica.source().make({std::string(6000, 'x')}));
  EXPECT_LT(replica.last_ack().flushed, lsn{61});
  replica.disk().set_capacity(UINT64_MAX);
  replica.node().advance(seconds{2});
  EXPECT_EQ(replica.last_ack().flushed, lsn{61});
}

// -- applying ------------------------------------------------------------------------------

TEST(applier, is_given_what_is_flushed_when_there_are_no_members) {
  replica_under_test replica{with_applier::yes};
  replica.attach();
  replica.stream(replica.source().make({"a", "b"}));
  EXPECT_EQ(replica.applied(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(replica.last_ack().applied, lsn{2});
}

TEST(applier, is_given_only_what_has_committed_when_there_are_members) {
  replica_under_test replica{with_applier::yes};
  auto accepted = replica.welcome_of(term{1});
  accepted.members = {"n1", "r"};
  accepted.members_version = 1;
  replica.attach(accepted);
  replica.stream(replica.source().make({"a"}));
  replica.stream(replica.source().make({"b"}));
  EXPECT_TRUE(replica.applied().empty());
  replica.commit_through(lsn{1});
  EXPECT_EQ(replica.applied(), std::vector<std::string>{"a"});
  replica.commit_through(lsn{9});
  EXPECT_EQ(replica.applied(), (std::vector<std::string>{"a", "b"}));
}

TEST(applier, that_fails_is_given_the_same_records_again_without_a_gap) {
  replica_under_test replica{with_applier::yes};
  replica.attach();
  replica.fail_applier(true);
  replica.stream(replica.source().make({"a"}));
  replica.stream(replica.source().make({"b"}));
  EXPECT_TRUE(replica.applied().empty());
  EXPECT_EQ(replica.last_ack().flushed, lsn{2});
  EXPECT_EQ(replica.last_ack().applied, no_lsn);
  EXPECT_GE(replica.last_ack().apply_errors, 1u);
  replica.fail_applier(false);
  replica.node().advance(seconds{3});
  EXPECT_EQ(replica.applied(), (std::vector<std::string>{"a", "b"}));
}

TEST(applier, goes_on_where_it_was_after_a_restart) {
  replica_under_test replica{with_applier::yes};
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  replica.restart();
  replica.attach();
  replica.stream(replica.source().make({"b"}));
  EXPECT_EQ(replica.applied(), (std::vector<std::string>{"a", "b"}));
}

// -- its own log ---------------------------------------------------------------------------

void stream_many(replica_under_test& replica) {
  for (int i = 0; i < 40; ++i)
    replica.stream(replica.source().make({std::string(8 * 1024, 'x')}));
}

messages::heartbeat keeping_from(replica_under_test& replica, lsn oldest) {
  auto header = replica.header();
  header.oldest = oldest;
  return {true, header};
}

TEST(receiver, drops_what_its_primary_no_longer_keeps) {
  replica_under_test replica;
  replica.attach();
  stream_many(replica);
  replica.tell(keeping_from(replica, lsn{31}));
  auto oldest = replica.log().oldest;
  EXPECT_GT(oldest, lsn{10});
  EXPECT_LE(oldest, lsn{31});
  EXPECT_EQ(replica.log().durable, lsn{40});
}

TEST(receiver, keeps_everything_while_its_primary_does_not_tell) {
  replica_under_test replica;
  replica.attach();
  stream_many(replica);
  replica.tell(keeping_from(replica, no_lsn));
  replica.tell(keeping_from(replica, lsn{1}));
  EXPECT_EQ(replica.log().oldest, lsn{1});
}

TEST(receiver, keeps_what_is_not_applied) {
  replica_under_test replica{with_applier::yes};
  replica.attach();
  replica.fail_applier(true);
  stream_many(replica);
  replica.tell(keeping_from(replica, lsn{31}));
  EXPECT_EQ(replica.log().oldest, lsn{1});
  replica.fail_applier(false);
  replica.node().advance(seconds{5});
  replica.tell(keeping_from(replica, lsn{31}));
  EXPECT_GT(replica.log().oldest, lsn{10});
}

} // namespace

} // namespace sluice::test
