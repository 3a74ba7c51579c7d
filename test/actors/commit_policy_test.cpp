#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// What an append under a policy that counts replicas is answered, and when.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;

/// A primary and replicas r1, r2, ... that have joined, each in a region of its own name.
struct joined_replicas {
  explicit joined_replicas(std::size_t count, primary_choices choices = {})
      : primary(std::move(choices)) {
    for (std::size_t i = 1; i <= count; ++i) {
      auto name = "r" + std::to_string(i);
      replicas.push_back(std::make_unique<scripted_peer>(primary.node()));
      replicas.back()->join(primary.actors().gate, hello_of(name, name));
      replicas.back()->ack(no_lsn);
    }
  }

  scripted_peer& operator[](std::size_t i) { return *replicas.at(i - 1); }

  primary_under_test primary;
  std::vector<std::unique_ptr<scripted_peer>> replicas;
};

// -- refused before anything is written ----------------------------------------------------

// The weaker half; refused before it is written.
TEST(append, that_is_weaker_than_the_floor_is_refused) {
  primary_choices choices;
  choices.floor = policy_ack_n{2};
  joined_replicas cluster{3, choices};
  EXPECT_EQ(cluster.primary.append_now(append_under(policy_ack_n{1}, "x"))->code(),
            errc::below_floor);
  EXPECT_EQ(cluster.primary.append_now(append_under(policy_local{}, "x"))->code(),
            errc::below_floor);
  EXPECT_EQ(cluster.primary.positions().written, no_lsn);
}

// The stronger half.
TEST(append, that_is_stronger_than_the_floor_waits_for_it) {
  joined_replicas cluster{1};
  auto waiting = cluster.primary.append_now(append_under(policy_ack_n{1}, "x"));
  EXPECT_TRUE(waiting->is_open());
  cluster[1].ack(lsn{1});
  EXPECT_EQ(waiting->first(), lsn{1});
}

TEST(append, that_needs_more_replicas_than_are_registered_is_refused_at_once) {
  joined_replicas cluster{1};
  EXPECT_EQ(cluster.primary.append_now(append_under(policy_ack_n{2}, "x"))->code(),
            errc::insufficient_replicas);
  EXPECT_EQ(cluster.primary.positions().written, no_lsn);
}

TEST(append, that_names_a_region_without_replica_is_refused_at_once) {
  joined_replicas cluster{1};
  auto refused = cluster.primary.append_now(append_under(policy_regions{{"r1", "eu"}}, "x"));
  EXPECT_EQ(refused->code(), errc::missing_regions);
  EXPECT_NE(refused->as_failed()->reason.find("eu"), std::string::npos);
  EXPECT_EQ(cluster.primary.positions().written, no_lsn);
}

TEST(append, under_quorum_without_members_is_refused) {
  joined_replicas cluster{2};
  EXPECT_EQ(cluster.primary.append_now(append_under(policy_quorum{}, "x"))->code(),
            errc::below_floor);
}

// -- changed on a running node -------------------------------------------------------------

messages::control_reply set_policy(primary_under_test& primary, std::string policy) {
  auto reply = primary.node().ask<messages::control_reply>(
      primary.actors().gate,
      messages::control_request{true, messages::control_command::set_policy, std::move(policy)});
  EXPECT_TRUE(reply);
  return reply ? *reply : messages::control_reply{};
}

TEST(default_policy, that_is_set_live_is_what_later_appends_get) {
  joined_replicas cluster{1};
  EXPECT_EQ(cluster.primary.append_now(append_of({"before"}))->first(), lsn{1});
  EXPECT_EQ(set_policy(cluster.primary, "ack_n=1").code, errc::ok);
  EXPECT_EQ(cluster.primary.status().policy, "ack_n=1");
  auto waiting = cluster.primary.append_now(append_of({"after"}));
  EXPECT_TRUE(waiting->is_open());
  EXPECT_EQ(cluster.primary.append_now(append_under(policy_local{}, "x"))->code(),
            errc::below_floor);
  cluster[1].ack(lsn{2});
  EXPECT_EQ(waiting->first(), lsn{2});
  EXPECT_EQ(cluster.primary.status().commit_watermark, lsn{2});
}

TEST(default_policy, quorum_without_members_is_refused_and_changes_nothing) {
  joined_replicas cluster{1};
  EXPECT_EQ(set_policy(cluster.primary, "quorum").code, errc::below_floor);
  EXPECT_EQ(set_policy(cluster.primary, "nonsense").code, errc::invalid_argument);
  EXPECT_EQ(cluster.primary.status().policy, "local");
  EXPECT_EQ(cluster.primary.append_now(append_of({"x"}))->first(), lsn{1});
}

TEST(default_policy, that_cannot_be_kept_is_not_used) {
  primary_choices choices;
  choices.keeps_state = true;
  joined_replicas cluster{1, choices};
  cluster.primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, true});
  EXPECT_EQ(set_policy(cluster.primary, "ack_n=1").code, errc::io_error);
  EXPECT_EQ(cluster.primary.status().policy, "local");
  cluster.primary.disk().clear_faults();
  EXPECT_EQ(set_policy(cluster.primary, "ack_n=1").code, errc::ok);
  std::string warning;
  persistence::node_state_store store{cluster.primary.disk(), data_directory};
  auto kept = store.load(warning);
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->policy, "ack_n=1");
}

// -- met -----------------------------------------------------------------------------------

TEST(ack_n, counts_distinct_replicas_not_acks) {
  joined_replicas cluster{2};
  auto waiting = cluster.primary.append_now(append_under(policy_ack_n{2}, "x"));
  for (int i = 0; i < 3; ++i)
    cluster[1].ack(lsn{1});
  EXPECT_TRUE(waiting->is_open());
  cluster[2].ack(lsn{1});
  EXPECT_EQ(waiting->first(), lsn{1});
}

TEST(ack_n, is_met_at_once_by_a_retry_of_what_the_replicas_hold) {
  joined_replicas cluster{1};
  cluster.primary.append_now(append_stamped("me", 1, "x"));
  cluster[1].ack(lsn{1});
  auto retry = append_stamped("me", 1, "x");
  retry.options.policy = policy_ack_n{1};
  EXPECT_EQ(cluster.primary.append_now(retry)->first(), lsn{1});
}

TEST(regions, needs_a_durable_replica_in_each) {
  joined_replicas cluster{3};
  auto waiting = cluster.primary.append_now(append_under(policy_regions{{"r1", "r2"}}, "x"));
  cluster[1].ack(lsn{1});
  cluster[3].ack(lsn{1});
  EXPECT_TRUE(waiting->is_open());
  cluster[2].ack(lsn{1});
  EXPECT_EQ(waiting->first(), lsn{1});
}

// There is one stage that counts, durable.
TEST(regions, is_not_met_by_what_is_received_but_not_flushed) {
  joined_replicas cluster{1};
  auto waiting = cluster.primary.append_now(append_under(policy_regions{{"r1"}}, "x"));
  auto received = cluster[1].ack_of(no_lsn);
  received.received = lsn{1};
  cluster[1].ack(received);
  EXPECT_TRUE(waiting->is_open());
}

// Where RedDB counts whoever is registered.
TEST(quorum, counts_the_primary_and_only_members) {
  primary_choices choices;
  choices.members = {primary_name, "r1", "r2"};
  choices.floor = policy_quorum{};
  joined_replicas cluster{3, choices};
  auto waiting = cluster.primary.append_now(append_of({"x"}));
  cluster[3].ack(lsn{1});
  EXPECT_TRUE(waiting->is_open());
  cluster[2].ack(lsn{1});
  EXPECT_EQ(waiting->first(), lsn{1});
}

// -- not met -------------------------------------------------------------------------------

// Never success, and the record stands in the log.
TEST(commit_timeout, comes_at_the_deadline_and_says_who_is_missing) {
  joined_replicas cluster{2};
  auto request = append_under(policy_ack_n{2}, "x");
  request.options.timeout = milliseconds{300};
  auto waiting = cluster.primary.append_now(request);
  cluster[1].ack(lsn{1});
  cluster.primary.node().advance(milliseconds{300} - std::chrono::nanoseconds{1});
  EXPECT_TRUE(waiting->is_open());
  cluster.primary.node().advance(std::chrono::nanoseconds{1});
  ASSERT_TRUE(waiting->as_timeout());
  EXPECT_EQ(waiting->as_timeout()->records, (lsn_range{lsn{1}, lsn{1}}));
  EXPECT_EQ(waiting->as_timeout()->durable, 1u);
  EXPECT_EQ(waiting->as_timeout()->required, 2u);
  EXPECT_EQ(waiting->as_timeout()->missing, std::vector<std::string>{"r2"});
}

TEST(commit_timeout, of_an_earlier_deadline_does_not_wait_for_a_later_one) {
  joined_replicas cluster{1};
  auto later = append_under(policy_ack_n{1}, "x");
  later.options.timeout = milliseconds{900};
  auto sooner = append_under(policy_ack_n{1}, "y");
  sooner.options.timeout = milliseconds{100};
  auto waits_longer = cluster.primary.append_now(later);
  auto waits_shorter = cluster.primary.append_now(sooner);
  cluster.primary.node().advance(milliseconds{100});
  EXPECT_TRUE(waits_shorter->as_timeout());
  EXPECT_TRUE(waits_longer->is_open());
  cluster.primary.node().advance(milliseconds{800});
  EXPECT_TRUE(waits_longer->as_timeout());
}

TEST(commit_timeout, is_not_changed_by_a_late_ack) {
  joined_replicas cluster{1};
  auto request = append_under(policy_ack_n{1}, "x");
  request.options.timeout = milliseconds{20};
  auto first = cluster.primary.append_now(request);
  cluster.primary.node().advance(milliseconds{40});
  cluster[1].ack(lsn{1});
  EXPECT_TRUE(first->as_timeout());
  EXPECT_EQ(first->times, 1u);
  auto second = cluster.primary.append_now(append_under(policy_ack_n{1}, "y"));
  cluster[1].ack(lsn{2});
  EXPECT_EQ(second->first(), lsn{2});
  auto commits = cluster.primary.status().commits;
  EXPECT_EQ(commits.timed_out, 1u);
  EXPECT_EQ(commits.reached, 1u);
}

// -- acks that count for nothing -----------------------------------------------------------

/// What one false ack does to a waiting commit.
struct false_ack : testing::Test {
  joined_replicas cluster{1};
  answer_ptr waiting = cluster.primary.append_now(append_under(policy_ack_n{1}, "x"));
  messages::replica_ack what = cluster[1].ack_of(lsn{1});

  void expect_dropped() {
    cluster[1].ack(what);
    EXPECT_TRUE(waiting->is_open());
    auto replicas = cluster.primary.status().replicas;
    ASSERT_EQ(replicas.size(), 1u);
    EXPECT_EQ(replicas[0].flushed, no_lsn);
    cluster[1].ack(lsn{1});
    EXPECT_EQ(waiting->first(), lsn{1});
  }
};

TEST_F(false_ack, of_an_unknown_replica_is_dropped) {
  what.identity.node = "nobody";
  expect_dropped();
}

TEST_F(false_ack, of_another_storage_is_dropped) {
  what.identity.storage = storage_id{4711};
  expect_dropped();
}

TEST_F(false_ack, of_an_earlier_life_is_dropped) {
  what.identity.incarnation = incarnation{0};
  expect_dropped();
}

TEST_F(false_ack, of_a_later_connection_than_was_announced_is_dropped) {
  what.identity.sequence = connect_sequence{9};
  expect_dropped();
}

TEST_F(false_ack, past_what_the_primary_holds_is_dropped) {
  what.received = what.flushed = what.applied = lsn{UINT64_MAX};
  expect_dropped();
}

TEST_F(false_ack, of_an_older_term_is_dropped) {
  what.term = term{0};
  expect_dropped();
}

TEST_F(false_ack, of_another_timeline_is_dropped) {
  what.timeline = timeline_id{2};
  expect_dropped();
}

TEST_F(false_ack, that_flushed_more_than_it_received_is_dropped) {
  what.received = no_lsn;
  expect_dropped();
}

TEST_F(false_ack, that_could_not_be_understood_is_dropped) {
  what.well_formed = false;
  expect_dropped();
}

} // namespace

} // namespace sluice::test
