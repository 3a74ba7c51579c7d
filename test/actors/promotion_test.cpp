#include "test/actors/office_fixture.hpp"

/// How a node takes or leaves office.
namespace sluice::test {

namespace {

using std::chrono::seconds;

primary_choices quorum_of_three() {
  primary_choices choices;
  choices.members = {"p", "r1", "r2"};
  choices.floor = policy_quorum{};
  choices.keeps_state = true;
  return choices;
}

TEST(candidate, takes_office_durably_at_the_end_of_its_log) {
  follower node;
  auto own = node.replica.position().identity.node;
  ASSERT_EQ(node.ask(claim_of(own, 7, 2)).code, errc::ok);
  auto taken = node.take_office(7);
  EXPECT_EQ(taken.code, errc::ok) << taken.reason;
  EXPECT_EQ(taken.fork, lsn{2});
  node.replica.disk().cut_power_losing_all();
  auto kept = state_on(node.replica.disk());
  EXPECT_EQ(kept.role, persistence::node_role::primary);
  EXPECT_EQ(kept.term, term{7});
  EXPECT_EQ(kept.timeline, timeline_id{7});
  ASSERT_FALSE(kept.history.empty());
  EXPECT_EQ(kept.history.back().fork_lsn, lsn{2});
  EXPECT_EQ(kept.history.back().parent, timeline_id{1});
}

TEST(candidate, that_has_taken_office_grants_nothing_before_it_is_opened_again) {
  follower node;
  auto own = node.replica.position().identity.node;
  ASSERT_EQ(node.ask(claim_of(own, 7, 2)).code, errc::ok);
  ASSERT_EQ(node.take_office(7).code, errc::ok);
  EXPECT_EQ(node.ask(claim_of("r9", 8, 2)).code, errc::closed);
  EXPECT_EQ(state_on(node.replica.disk()).granted_term, term{7});
}

// Killed anywhere while it takes office, its directory is of the one role or of
// the other, and the fork stands in it when it is a primary's.
TEST(candidate, that_loses_its_power_while_it_takes_office_has_taken_it_or_not) {
  for (std::uint64_t at = 1; at < 12; ++at) {
    follower node;
    auto own = node.replica.position().identity.node;
    ASSERT_EQ(node.ask(claim_of(own, 7, 2)).code, errc::ok);
    node.replica.disk().power_off_at(at);
    auto taken = node.take_office(7);
    node.replica.disk().cut_power();
    auto state = state_on(node.replica.disk());
    EXPECT_EQ(state.granted_term, term{7});
    EXPECT_EQ(state.granted_to, own);
    auto is_primary = state.role == persistence::node_role::primary;
    EXPECT_TRUE(is_primary || taken.code != errc::ok) << "told, and not stored, at " << at;
    EXPECT_EQ(state.term, is_primary ? term{7} : term{1});
    EXPECT_EQ(state.history.empty() || state.history.back().term != term{7}, !is_primary);
    if (is_primary) {
      EXPECT_EQ(state.history.back().fork_lsn, lsn{2});
    }
  }
}

// Its primary was promoted at LSN 9, and is gone before it has sent what it held.
TEST(candidate, that_ends_before_its_timeline_began_leaves_the_one_before) {
  follower node;
  auto accepted = node.replica.welcome_of(term{4});
  accepted.timeline = timeline_id{4};
  accepted.timelines = {{timeline_id{1}, {}, no_lsn, {}, term{1}, "p"},
                        {timeline_id{4}, timeline_id{1}, lsn{9}, digest{7}, term{4}, "r2"}};
  node.replica.attach(accepted);
  auto own = node.replica.position().identity.node;
  auto claim = claim_of(own, 7, 2);
  ASSERT_EQ(node.ask(claim).code, errc::ok);
  ASSERT_EQ(node.take_office(7).code, errc::ok);
  auto state = state_on(node.replica.disk());
  ASSERT_EQ(state.history.size(), 3u);
  EXPECT_EQ(state.history.back().parent, timeline_id{1});
  EXPECT_EQ(state.history.back().fork_lsn, lsn{2});
}

// What it answered when it was promoted must be what it opens with.
TEST(candidate, that_has_taken_office_changes_its_log_for_no_other_primary) {
  follower node;
  auto cluster = node.replica.log().cluster;
  auto own = node.replica.position().identity.node;
  ASSERT_EQ(node.ask(claim_of(own, 7, 2)).code, errc::ok);
  ASSERT_EQ(node.take_office(7).code, errc::ok);
  auto state = state_on(node.replica.disk());
  EXPECT_EQ(node.replica.rewind_log({true, cluster, term{9}, {}, no_lsn, digest{}}).code,
            errc::fenced);
  messages::rebootstrap anew{true, cluster, term{9}, timeline_id{9}, {}, lsn{90}, digest{}, ""};
  EXPECT_EQ(node.replica.restart_log(anew).code, errc::fenced);
  EXPECT_EQ(state_on(node.replica.disk()), state);
  EXPECT_EQ(node.replica.log().durable, lsn{2});
}

TEST(candidate, takes_no_office_that_was_not_granted_or_was_overtaken) {
  follower node;
  EXPECT_EQ(node.take_office(7).code, errc::fenced);
  auto own = node.replica.position().identity.node;
  ASSERT_EQ(node.ask(claim_of(own, 7, 2)).code, errc::ok);
  ASSERT_EQ(node.ask(claim_of("r9", 8, 2)).code, errc::ok);
  EXPECT_EQ(node.take_office(7).code, errc::fenced);
  EXPECT_EQ(state_on(node.replica.disk()).role, persistence::node_role::replica);
}

TEST(primary_that_grants, answers_what_waits_as_unknown_and_takes_nothing_more) {
  primary_under_test primary{quorum_of_three()};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  auto waiting = primary.append_now(append_of({"x"}));
  ASSERT_TRUE(waiting->is_open());
  auto reply =
      primary.node().ask<messages::grant_reply>(primary.actors().gate, claim_of("r2", 5, 9));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::ok) << reply->reason;
  EXPECT_EQ(reply->flushed, lsn{1});
  primary.node().run();
  ASSERT_EQ(waiting->times, 1u);
  EXPECT_NE(waiting->as_unknown(), nullptr);
  EXPECT_EQ(primary.append_now(append_of({"y"}))->code(), errc::fenced);
  // A late ack changes nothing any more.
  peer.ack(lsn{1});
  EXPECT_EQ(waiting->times, 1u);
  primary.disk().cut_power_losing_all();
  auto kept = state_on(primary.disk());
  EXPECT_EQ(kept.role, persistence::node_role::replica);
  EXPECT_TRUE(kept.is_deposed);
  EXPECT_EQ(kept.granted_term, term{5});
}

TEST(primary_that_grants, goes_on_when_it_refuses) {
  primary_under_test primary{quorum_of_three()};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  auto waiting = primary.append_now(append_of({"x"}));
  auto reply =
      primary.node().ask<messages::grant_reply>(primary.actors().gate, claim_of("r2", 5, 0));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::behind_watermark);
  peer.ack(lsn{1});
  EXPECT_NE(waiting->as_committed(), nullptr);
}

TEST(primary_that_meets_a_higher_term, stores_it_and_stops) {
  primary_under_test primary{quorum_of_three()};
  scripted_peer peer{primary.node()};
  auto newer = hello_of("r1");
  newer.term = term{9};
  peer.join(primary.actors().gate, newer);
  EXPECT_EQ(primary.append_now(append_of({"y"}))->code(), errc::fenced);
  auto kept = state_on(primary.disk());
  EXPECT_EQ(kept.granted_term, term{9});
  EXPECT_TRUE(kept.is_deposed);
}

TEST(primary_that_meets_a_higher_term, stores_it_as_soon_as_that_works) {
  primary_under_test primary{quorum_of_three()};
  scripted_peer peer{primary.node()};
  auto newer = hello_of("r1");
  newer.term = term{9};
  for (auto call : {vfs_call::write, vfs_call::sync_data})
    primary.disk().add_fault({call, 1, errc::no_space, true});
  peer.join(primary.actors().gate, newer);
  EXPECT_EQ(primary.append_now(append_of({"y"}))->code(), errc::fenced);
  primary.node().advance(seconds{5});
  std::string warning;
  auto before = persistence::read_node_state(primary.disk(), data_directory, warning);
  EXPECT_FALSE(before && *before && (*before)->is_deposed);
  primary.disk().clear_faults();
  primary.node().advance(seconds{5});
  EXPECT_TRUE(state_on(primary.disk()).is_deposed);
  EXPECT_EQ(state_on(primary.disk()).granted_term, term{9});
  EXPECT_EQ(state_on(primary.disk()).role, persistence::node_role::replica);
  EXPECT_EQ(primary.append_now(append_of({"y"}))->code(), errc::fenced);
}

TEST(primary_that_is_told_to_end, in_its_own_term_does_so_only_where_no_majority_confirmed_it) {
  for (auto has_members : {false, true}) {
    primary_choices choices;
    if (has_members)
      choices = quorum_of_three();
    choices.keeps_state = true;
    primary_under_test primary{choices};
    caf::anon_send(primary.actors().writer,
                   messages::step_down{term{1}, "127.0.0.1:4199", "a is the primary too"});
    primary.node().run();
    std::string warning;
    auto state = persistence::read_node_state(primary.disk(), data_directory, warning);
    ASSERT_TRUE(state);
    EXPECT_EQ(*state && (*state)->is_deposed, !has_members);
  }
}

TEST(primary_that_meets_a_higher_term, of_another_cluster_goes_on) {
  primary_choices choices;
  choices.keeps_state = true;
  primary_under_test primary{choices};
  scripted_peer peer{primary.node()};
  auto stranger = hello_of("r1");
  stranger.cluster = "other";
  stranger.term = term{9};
  peer.join(primary.actors().gate, stranger);
  EXPECT_NE(primary.append_now(append_of({"y"}))->as_committed(), nullptr);
}

} // namespace

} // namespace sluice::test
