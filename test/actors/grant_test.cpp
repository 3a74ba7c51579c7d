#include "test/actors/office_fixture.hpp"

/// What a replica promises to a candidate, and to whom it keeps.
namespace sluice::test {

namespace {

TEST(grant, is_durable_before_it_is_told_and_given_once_in_a_term) {
  follower node;
  auto given = node.ask(claim_of("r1", 7, 2));
  EXPECT_EQ(given.code, errc::ok);
  EXPECT_EQ(given.flushed, lsn{2});
  node.replica.disk().cut_power_losing_all();
  auto kept = state_on(node.replica.disk());
  EXPECT_EQ(kept.granted_term, term{7});
  EXPECT_EQ(kept.granted_to, "r1");
  EXPECT_EQ(node.ask(claim_of("r2", 7, 2)).code, errc::fenced);
  EXPECT_EQ(node.ask(claim_of("r1", 7, 2)).code, errc::ok);
}

TEST(grant, that_cannot_be_stored_is_not_given) {
  follower node;
  node.replica.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, true});
  EXPECT_EQ(node.ask(claim_of("r1", 7, 2)).code, errc::io_error);
}

TEST(grant, ends_the_stream_of_the_older_term_for_good) {
  follower node;
  auto late = node.replica.source().make({"c"});
  EXPECT_EQ(node.ask(claim_of("r1", 7, 2)).code, errc::ok);
  EXPECT_EQ(node.replica.broken().back().code, errc::fenced);
  auto acks = node.replica.acks().size();
  node.replica.stream(late);
  EXPECT_EQ(node.replica.acks().size(), acks);
  node.replica.attach(term{1});
  EXPECT_EQ(node.replica.broken().back().code, errc::fenced);
  EXPECT_EQ(node.replica.position().flushed, lsn{2});
  EXPECT_EQ(node.replica.position().term, term{7});
}

TEST(grant, is_refused_to_who_lacks_what_the_node_holds_and_nothing_changes) {
  follower node;
  auto refused = node.ask(claim_of("r1", 7, 1));
  EXPECT_EQ(refused.code, errc::behind_watermark);
  EXPECT_EQ(refused.flushed, lsn{2});
  node.replica.stream(node.replica.source().make({"c"}));
  EXPECT_EQ(node.replica.last_ack().flushed, lsn{3});
}

// Decision 7: a disk that was replaced under its old name.
TEST(grant, is_not_given_by_a_node_that_began_empty_and_lacks_what_its_primary_had) {
  follower node;
  replica_under_test fresh;
  auto accepted = fresh.welcome_of(term{1});
  accepted.members = {"n1", "r1", "r2"};
  accepted.members_version = 1;
  accepted.durable = lsn{2};
  auto ask = [&] {
    auto asked = claim_of("r1", 7, 100);
    asked.cluster = "cluster";
    return fresh.node().ask<messages::grant_reply>(fresh.receiver(), asked);
  };
  EXPECT_EQ(ask()->code, errc::overloaded) << "it has met nobody";
  fresh.attach(accepted);
  fresh.stream(fresh.source().make({"a"}));
  EXPECT_EQ(ask()->code, errc::overloaded);
  EXPECT_EQ(state_on(fresh.disk()).granted_term, term{});
  fresh.stream(fresh.source().make({"b"}));
  EXPECT_EQ(ask()->code, errc::ok);
}

TEST(grant, makes_a_node_that_has_met_nobody_one_of_the_cluster) {
  replica_under_test fresh;
  auto forced = claim_of("r1", 7, 0);
  forced.is_forced = true;
  auto given = fresh.node().ask<messages::grant_reply>(fresh.receiver(), forced);
  ASSERT_EQ(given->code, errc::ok) << given->reason;
  EXPECT_EQ(fresh.position().cluster, cluster_name) << "with a term alone its hello is malformed";
  EXPECT_EQ(fresh.position().term, term{7});
}

// Raft, figure 8.
TEST(grant, is_not_given_to_a_longer_history_once_a_later_term_was_followed) {
  follower node;
  auto accepted = node.replica.welcome_of(term{3});
  accepted.timelines.push_back({timeline_id{3}, timeline_id{1}, lsn{3}, digest{3}, term{3}, "n1"});
  node.replica.attach(accepted);
  EXPECT_EQ(state_on(node.replica.disk()).history_term, term{1}) << "LSN 3 is not here yet";
  node.replica.stream(node.replica.source().make({"c"}, term{1}));
  ASSERT_EQ(node.replica.last_ack().flushed, lsn{3});
  node.replica.disk().cut_power_losing_all();
  EXPECT_EQ(state_on(node.replica.disk()).history_term, term{3});
  node.replica.restart();
  auto claim = claim_of("r1", 7, 100);
  claim.last_term = term{2};
  EXPECT_EQ(node.ask(claim).code, errc::behind_watermark);
}

TEST(replica, acknowledges_nothing_of_a_term_whose_history_it_cannot_note) {
  follower node;
  auto accepted = node.replica.welcome_of(term{3});
  accepted.timelines.push_back({timeline_id{3}, timeline_id{1}, lsn{3}, digest{3}, term{3}, "n1"});
  node.replica.attach(accepted);
  auto acks = node.replica.acks().size();
  // The first sync is that of the log.
  node.replica.disk().add_fault({vfs_call::sync_data, 2, errc::io_error, true});
  node.replica.stream(node.replica.source().make({"c"}, term{1}));
  EXPECT_EQ(node.replica.acks().size(), acks);
  EXPECT_EQ(node.replica.broken().back().code, errc::io_error);
}

TEST(grant, is_kept_to_when_another_node_serves_in_that_term) {
  follower node;
  ASSERT_EQ(node.ask(claim_of("r1", 7, 2)).code, errc::ok);
  auto accepted = node.replica.welcome_of(term{7});
  accepted.primary = "r2";
  accepted.resume_after = lsn{2};
  node.replica.attach(accepted);
  ASSERT_FALSE(node.replica.broken().empty());
  EXPECT_EQ(node.replica.broken().back().code, errc::fenced);
  EXPECT_NE(node.replica.broken().back().reason.find("two nodes were promoted in term 7"),
            std::string::npos)
      << node.replica.broken().back().reason;
  EXPECT_EQ(state_on(node.replica.disk()).term, term{1});
  auto breaks = node.replica.broken().size();
  accepted.primary = "r1";
  node.replica.attach(accepted);
  EXPECT_EQ(node.replica.broken().size(), breaks);
  EXPECT_EQ(state_on(node.replica.disk()).term, term{7});
}

// Its candidate lost, and the others elected another one.
TEST(grant, with_members_keeps_nobody_from_the_primary_of_that_term) {
  follower node;
  ASSERT_EQ(node.ask(claim_of("r1", 7, 2)).code, errc::ok);
  auto accepted = node.replica.welcome_of(term{7});
  accepted.primary = "r2";
  accepted.resume_after = lsn{2};
  accepted.members = {"r1", "r2", "r3"};
  accepted.members_version = 1;
  auto breaks = node.replica.broken().size();
  node.replica.attach(accepted);
  EXPECT_EQ(node.replica.broken().size(), breaks);
  EXPECT_EQ(state_on(node.replica.disk()).term, term{7});
}

TEST(follower, of_one_primary_never_follows_another_one_of_its_term) {
  follower node;
  auto accepted = node.replica.welcome_of(term{7});
  accepted.primary = "r1";
  accepted.resume_after = lsn{2};
  accepted.timelines = {{timeline_id{1}, {}, {}, {}, term{1}, "p"},
                        {timeline_id{7}, timeline_id{1}, lsn{2}, {}, term{7}, "r1"}};
  node.replica.attach(accepted);
  auto breaks = node.replica.broken().size();
  accepted.primary = "r2";
  accepted.timelines.back().node = "r2";
  node.replica.attach(accepted);
  ASSERT_EQ(node.replica.broken().size(), breaks + 1);
  EXPECT_EQ(node.replica.broken().back().code, errc::fenced);
  EXPECT_EQ(state_on(node.replica.disk()).history.back().node, "r1");
}

} // namespace

} // namespace sluice::test
