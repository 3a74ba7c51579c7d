#include "actors/member_confirmation.hpp"
#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// Who may join a primary, and what a primary needs before it serves.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

errc refusal_of(primary_under_test& primary, const messages::hello& from) {
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, from);
  return peer.heard().refusals.empty() ? errc::ok : peer.heard().refusals.back().code;
}

// -- hello ---------------------------------------------------------------------------------

TEST(hello, of_an_empty_replica_is_welcomed) {
  primary_under_test primary;
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  ASSERT_EQ(peer.heard().welcomes.size(), 1u);
  EXPECT_EQ(peer.heard().welcomes[0].cluster, cluster_name);
  EXPECT_EQ(peer.heard().welcomes[0].resume_after, no_lsn);
}

// Where in RedDB a pull registers: a hello does, once.
TEST(hello, registers_a_replica_once_however_often_it_comes) {
  primary_under_test primary;
  primary.fill(7);
  scripted_peer peer{primary.node()};
  auto from = hello_of("r1");
  peer.join(primary.actors().gate, from);
  peer.ack(no_lsn);
  peer.ack(lsn{7});
  auto before = primary.status();
  ASSERT_EQ(before.replicas.size(), 1u);
  EXPECT_EQ(before.replicas[0].sent, lsn{7});
  from.identity.sequence = next(from.identity.sequence);
  from.flushed = lsn{7};
  from.history = {{lsn{7}, primary.positions().tail}};
  peer.join(primary.actors().gate, from);
  auto after = primary.status();
  ASSERT_EQ(after.replicas.size(), 1u);
  EXPECT_EQ(after.replicas[0].flushed, lsn{7});
  EXPECT_EQ(after.topology_epoch, before.topology_epoch);
}

// From the log, and from where the replica is, not from where its slot is; each
// is counted, and what is refused is not.
TEST(hello, that_is_resumed_from_the_log_is_counted_as_such) {
  primary_under_test primary;
  primary.fill(5);
  scripted_peer peer{primary.node()};
  auto from = hello_of("r1");
  from.flushed = lsn{5};
  from.history = {{lsn{5}, primary.positions().tail}};
  peer.join(primary.actors().gate, from);
  ASSERT_EQ(peer.heard().welcomes.size(), 1u);
  EXPECT_EQ(peer.heard().welcomes[0].resume_after, lsn{5});
  EXPECT_EQ(primary.status().partial_resync_total, 1u);
  EXPECT_EQ(primary.status().full_resync_total, 0u);
  auto diverged = from;
  diverged.identity.sequence = next(from.identity.sequence);
  diverged.history = {{lsn{5}, digest{12345}}};
  peer.join(primary.actors().gate, diverged);
  EXPECT_EQ(peer.heard().refusals.back().code, errc::diverged);
  EXPECT_EQ(primary.status().partial_resync_total, 1u);
}

TEST(hello, of_another_cluster_is_refused) {
  primary_under_test primary;
  auto from = hello_of("r1");
  from.cluster = "other";
  EXPECT_EQ(refusal_of(primary, from), errc::wrong_cluster);
}

TEST(hello, of_a_newer_protocol_is_refused) {
  primary_under_test primary;
  auto from = hello_of("r1");
  from.protocol = messages::protocol_version + 1;
  EXPECT_EQ(refusal_of(primary, from), errc::newer_protocol);
}

TEST(hello, that_could_not_be_understood_is_refused) {
  primary_under_test primary;
  messages::hello from;
  from.well_formed = false;
  EXPECT_EQ(refusal_of(primary, from), errc::malformed);
  auto nameless = hello_of("r1");
  nameless.identity.node = "../etc";
  EXPECT_EQ(refusal_of(primary, nameless), errc::malformed);
}

TEST(hello, of_the_primary_itself_is_refused) {
  primary_under_test primary;
  EXPECT_EQ(refusal_of(primary, hello_of(primary_name)), errc::duplicate_identity);
  auto copy = hello_of("r1");
  copy.identity.storage = storage_id{77};
  EXPECT_EQ(refusal_of(primary, copy), errc::duplicate_identity);
}

TEST(hello, of_a_higher_term_is_refused_as_fenced) {
  primary_under_test primary;
  auto from = hello_of("r1");
  from.term = term{2};
  EXPECT_EQ(refusal_of(primary, from), errc::fenced);
}

TEST(hello, beyond_the_limit_of_replicas_is_refused) {
  primary_choices choices;
  choices.replicas_max = 1;
  primary_under_test primary{choices};
  EXPECT_EQ(refusal_of(primary, hello_of("r1")), errc::ok);
  EXPECT_EQ(refusal_of(primary, hello_of("r2")), errc::overloaded);
}

TEST(hello, with_another_history_is_refused_as_diverged) {
  primary_under_test primary;
  primary.fill(3);
  auto from = hello_of("r1");
  from.flushed = lsn{3};
  from.last_term = term{1};
  from.history = {{lsn{3}, digest{12345}}};
  EXPECT_EQ(refusal_of(primary, from), errc::diverged);
}

TEST(hello, with_the_primarys_history_resumes_after_it) {
  primary_under_test primary;
  primary.fill(3);
  auto from = hello_of("r1");
  from.flushed = lsn{3};
  from.history = {{lsn{3}, primary.positions().tail}};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, from);
  ASSERT_EQ(peer.heard().welcomes.size(), 1u);
  EXPECT_EQ(peer.heard().welcomes[0].resume_after, lsn{3});
}

TEST(hello, that_proves_less_than_it_claims_to_hold_is_refused) {
  primary_under_test primary;
  primary.fill(3);
  auto proves_nothing = hello_of("r1");
  proves_nothing.flushed = lsn{3};
  EXPECT_EQ(refusal_of(primary, proves_nothing), errc::malformed);
  auto digest_at_three = primary.positions().tail;
  primary.fill(2);
  auto proves_a_part = hello_of("r2");
  proves_a_part.flushed = lsn{5};
  proves_a_part.history = {{lsn{3}, digest_at_three}};
  EXPECT_EQ(refusal_of(primary, proves_a_part), errc::malformed);
}

TEST(hello, of_a_replica_that_is_ahead_is_refused) {
  primary_under_test primary;
  primary.fill(3);
  auto from = hello_of("r1");
  from.flushed = lsn{9};
  from.history = {{lsn{9}, digest{1}}};
  EXPECT_EQ(refusal_of(primary, from), errc::diverged);
}

// -- two with one name ---------------------------------------------------------------------

TEST(replica, of_a_newer_life_ends_the_older_session) {
  primary_under_test primary;
  scripted_peer older{primary.node()};
  older.join(primary.actors().gate, hello_of("r1"));
  older.ack(no_lsn);
  auto from = hello_of("r1");
  from.identity.incarnation = incarnation{2};
  scripted_peer newer{primary.node()};
  newer.join(primary.actors().gate, from);
  newer.ack(no_lsn);
  EXPECT_TRUE(older.heard().has_lost_session);
  ASSERT_EQ(newer.heard().welcomes.size(), 1u);
  primary.fill(1);
  EXPECT_EQ(newer.heard().streamed_through(), lsn{1});
  EXPECT_TRUE(older.heard().streamed.empty());
  EXPECT_EQ(refusal_of(primary, hello_of("r1")), errc::duplicate_identity);
  EXPECT_TRUE(primary.status().replicas.at(0).connected);
}

TEST(replica, with_another_directory_waits_until_the_first_is_gone) {
  primary_under_test primary;
  scripted_peer first{primary.node()};
  first.join(primary.actors().gate, hello_of("r1"));
  auto other = hello_of("r1");
  other.identity.storage = storage_id{99};
  EXPECT_EQ(refusal_of(primary, other), errc::duplicate_identity);
  first.die();
  EXPECT_EQ(refusal_of(primary, other), errc::ok);
}

TEST(replica, that_lost_its_data_does_not_vote_until_it_has_caught_up) {
  primary_under_test primary;
  scripted_peer first{primary.node()};
  first.join(primary.actors().gate, hello_of("r1"));
  first.ack(no_lsn);
  primary.fill(3);
  first.ack(lsn{3});
  first.die();
  auto empty = hello_of("r1");
  empty.identity.storage = storage_id{99};
  scripted_peer second{primary.node()};
  second.join(primary.actors().gate, empty);
  second.ack(lsn{2});
  auto retry = append_expecting(1, std::string(20, 'f'));
  retry.options.policy = policy_ack_n{1};
  retry.options.timeout = milliseconds{100};
  auto too_early = primary.append_now(retry);
  EXPECT_FALSE(too_early->as_committed());
  second.ack(lsn{3});
  EXPECT_EQ(primary.append_now(retry)->first(), lsn{1});
}

// -- decision 8 ----------------------------------------------------------------------------

primary_choices with_members() {
  primary_choices choices;
  choices.members = {primary_name, "r1", "r2"};
  return choices;
}

TEST(starting_primary, with_members_serves_once_a_majority_said_hello) {
  primary_under_test primary{with_members()};
  auto held = primary.append_now(append_of({"x"}));
  EXPECT_TRUE(held->is_open());
  EXPECT_EQ(primary.status().state, "confirming");
  EXPECT_EQ(refusal_of(primary, hello_of("stranger")), errc::ok);
  EXPECT_TRUE(held->is_open());
  EXPECT_EQ(refusal_of(primary, hello_of("r1")), errc::ok);
  EXPECT_EQ(held->first(), lsn{1});
  EXPECT_EQ(primary.status().state, "serving");
}

TEST(starting_primary, answers_not_confirmed_at_the_deadline) {
  primary_under_test primary{with_members()};
  auto request = append_of({"x"});
  request.options.timeout = milliseconds{100};
  auto held = primary.append_now(request);
  primary.node().advance(milliseconds{99});
  EXPECT_TRUE(held->is_open());
  primary.node().advance(milliseconds{1});
  EXPECT_EQ(held->code(), errc::not_confirmed);
  EXPECT_EQ(primary.positions().written, no_lsn);
}

TEST(starting_primary, never_serves_when_a_member_is_ahead) {
  primary_under_test primary{with_members()};
  auto ahead = hello_of("r1");
  ahead.flushed = lsn{5};
  ahead.last_term = term{1};
  ahead.history = {{lsn{5}, digest{5}}};
  EXPECT_EQ(refusal_of(primary, ahead), errc::diverged);
  EXPECT_EQ(refusal_of(primary, hello_of("r2")), errc::ok);
  auto held = primary.append_now(append_of({"x"}));
  primary.node().advance(seconds{6});
  EXPECT_EQ(held->code(), errc::not_confirmed);
  EXPECT_NE(primary.status().failure.find("r1"), std::string::npos);
}

/// It was promoted in term 2 at the end of an empty log.
primary_choices promoted_with_members() {
  auto choices = with_members();
  choices.history = {{timeline_id{1}, {}, {}, {}, term{1}, "r1"},
                     {timeline_id{2}, timeline_id{1}, {}, {}, term{2}, primary_name}};
  return choices;
}

TEST(starting_primary, is_not_stopped_by_a_deposed_member_that_is_sent_back) {
  primary_under_test primary{promoted_with_members()};
  auto deposed = hello_of("r1");
  deposed.flushed = lsn{5};
  deposed.last_term = term{1};
  deposed.history = {{lsn{5}, digest{5}}};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, deposed);
  EXPECT_EQ(peer.heard().rewinds.size(), 1u);
  EXPECT_EQ(primary.status().failure.find("ahead"), std::string::npos) << primary.status().failure;
  EXPECT_EQ(refusal_of(primary, hello_of("r2")), errc::ok);
  EXPECT_EQ(primary.status().state, "serving");
}

TEST(starting_primary, is_stopped_by_a_member_that_has_more_of_its_own_timeline) {
  primary_under_test primary{promoted_with_members()};
  auto ahead = hello_of("r1");
  ahead.term = term{2};
  ahead.timeline = timeline_id{2};
  ahead.flushed = lsn{5};
  ahead.last_term = term{2};
  ahead.history = {{lsn{5}, digest{5}}};
  EXPECT_EQ(refusal_of(primary, ahead), errc::diverged);
  EXPECT_EQ(refusal_of(primary, hello_of("r2")), errc::ok);
  EXPECT_EQ(primary.status().state, "confirming");
  EXPECT_NE(primary.status().failure.find("ahead"), std::string::npos) << primary.status().failure;
}

/// Of `p` in term 2, which began at `fork`, and whose log ends at LSN 3.
struct confirming {
  explicit confirming(lsn fork) {
    rule.init({host.context(primary_name),
               cluster_name,
               *replication::members::make({primary_name, "r1", "r2"}),
               term{2},
               {term{2}, lsn{3}},
               {{timeline_id{1}, {}, {}, {}, term{1}, "r1"},
                {timeline_id{2}, timeline_id{1}, fork, {}, term{2}, primary_name}}});
    EXPECT_FALSE(rule.note(hello_of("r2"), replication::history_matches{}));
  }

  machine host;
  actors::member_confirmation rule;
};

TEST(promoted_primary, is_confirmed_by_a_member_that_came_empty_once_it_has_everything) {
  confirming x{lsn{3}};
  EXPECT_FALSE(x.rule.note_follower("r2", lsn{2})) << "it lacks one";
  EXPECT_FALSE(x.rule.note_follower("stranger", lsn{3}));
  EXPECT_TRUE(x.rule.note_follower("r2", lsn{3}));
  EXPECT_TRUE(x.rule.is_confirmed());
}

TEST(starting_primary, is_not_confirmed_by_who_got_everything_from_it) {
  confirming x{lsn{2}};
  EXPECT_FALSE(x.rule.note_follower("r2", lsn{3}));
  primary_under_test primary{with_members()};
  EXPECT_EQ(refusal_of(primary, hello_of("r1")), errc::ok);
  primary.fill(3);
  primary.restart();
  scripted_peer peer{primary.node()};
  auto empty = hello_of("r2");
  empty.identity.storage = storage_id{99};
  peer.join(primary.actors().gate, empty);
  peer.ack(lsn{3});
  primary.node().advance(seconds{1});
  EXPECT_EQ(primary.status().state, "confirming");
}

TEST(starting_primary, never_serves_when_a_member_knows_a_higher_term) {
  primary_under_test primary{with_members()};
  auto fencing = hello_of("r1");
  fencing.term = term{2};
  EXPECT_EQ(refusal_of(primary, fencing), errc::fenced);
  EXPECT_EQ(refusal_of(primary, hello_of("r2")), errc::ok);
  EXPECT_EQ(primary.append_now(append_of({"x"}))->code(), errc::fenced);
}

TEST(starting_primary, answers_what_it_held_when_it_closes) {
  primary_under_test primary{with_members()};
  auto held = primary.append_now(append_of({"x"}));
  primary.close();
  EXPECT_EQ(held->code(), errc::closed);
}

TEST(starting_primary, closes_with_the_log_as_it_was) {
  primary_under_test primary{with_members()};
  primary.append_now(append_of({"x"}));
  primary.close();
  primary.restart();
  EXPECT_EQ(primary.positions().written, no_lsn);
}

} // namespace

} // namespace sluice::test
