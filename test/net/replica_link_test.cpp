#include "test/support/simulated_cluster.hpp"

/// How replicas find their primary, lose it and find it again.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using in_flight = simulated_network::in_flight;
using power = simulated_cluster::power;

cluster_choices without_members() {
  cluster_choices choices;
  choices.has_members = false;
  return choices;
}

/// Two replicas that have joined.
struct joined_cluster {
  explicit joined_cluster(cluster_choices choices = without_members()) : nodes(1, choices) {
    nodes.connect(1);
    nodes.connect(2);
    nodes.network().advance(milliseconds{300});
  }

  answer_ptr append_now(append request) {
    auto answered = nodes.submit(std::move(request));
    nodes.network().run();
    return answered;
  }

  void fill(std::size_t count, std::size_t bytes = 100) {
    for (std::size_t i = 0; i < count; ++i)
      append_now(append_of({std::string(bytes, 'f')}));
  }

  lsn durable_on(std::size_t slot) {
    auto at = nodes.positions(slot);
    return at ? at->durable : no_lsn;
  }

  simulated_cluster nodes;
};

TEST(replicas, that_find_their_primary_are_streamed_to) {
  joined_cluster x;
  auto answered = x.append_now(append_under(policy_ack_n{2}, "a"));
  EXPECT_EQ(answered->first(), lsn{1});
  EXPECT_EQ(x.durable_on(1), lsn{1});
  EXPECT_EQ(x.durable_on(2), lsn{1});
}

TEST(replicas, commit_under_quorum_with_one_of_them_gone) {
  joined_cluster x{cluster_choices{}};
  x.nodes.crash(2, power::lost);
  auto answered = x.append_now(append_under(policy_quorum{}, "a"));
  EXPECT_EQ(answered->first(), lsn{1});
}

TEST(replicas, that_join_an_idle_primary_catch_up_without_an_append) {
  simulated_cluster nodes{1, without_members()};
  for (int i = 0; i < 50; ++i)
    nodes.submit(append_of({std::string(700, 'x')}));
  nodes.network().advance(milliseconds{100});
  nodes.connect(1);
  nodes.network().advance(seconds{3});
  EXPECT_EQ(nodes.positions(1)->durable, lsn{50});
}

TEST(replicas, use_a_link_again_soon_after_it_was_cut_for_a_moment) {
  joined_cluster x;
  x.fill(3);
  x.nodes.isolate(1, in_flight::dropped);
  x.nodes.connect(1);
  x.nodes.network().advance(milliseconds{25});
  x.fill(1);
  EXPECT_EQ(x.durable_on(1), lsn{4});
}

TEST(replicas, find_their_primary_within_seconds_after_a_long_outage) {
  joined_cluster x;
  x.nodes.isolate(1, in_flight::dropped);
  x.fill(20, 500);
  x.nodes.network().advance(seconds{600});
  x.nodes.connect(1);
  x.nodes.network().advance(seconds{3});
  EXPECT_EQ(x.durable_on(1), lsn{20});
}

TEST(replicas, hold_no_commit_up_whose_acks_do_not_arrive) {
  joined_cluster x;
  x.nodes.connection_of(1)->is_blocked_to_server = true;
  auto both = append_under(policy_ack_n{2}, "a");
  both.options.timeout = milliseconds{200};
  auto waiting = x.append_now(both);
  EXPECT_EQ(x.append_now(append_under(policy_ack_n{1}, "b"))->first(), lsn{2});
  x.nodes.network().advance(milliseconds{200});
  ASSERT_TRUE(waiting->as_timeout());
  EXPECT_EQ(waiting->as_timeout()->missing, std::vector<std::string>{"n1"});
  x.nodes.connection_of(1)->is_blocked_to_server = false;
  x.nodes.network().run();
  EXPECT_EQ(x.append_now(append_under(policy_ack_n{2}, "c"))->first(), lsn{3});
}

TEST(frozen_replica, costs_its_window_and_nothing_else) {
  joined_cluster x;
  x.nodes.network().freeze(1);
  x.fill(300, 500);
  EXPECT_LE(x.nodes.unread_by(1), 8u * 1024 + 2048);
  EXPECT_EQ(x.durable_on(2), lsn{300});
  x.nodes.network().advance(seconds{600});
  EXPECT_LE(x.nodes.unread_by(1), 8u * 1024 + 8192);
  x.nodes.network().thaw(1);
  x.nodes.network().advance(seconds{30});
  x.nodes.tend();
  x.nodes.network().advance(seconds{30});
  EXPECT_EQ(x.durable_on(1), lsn{300});
}

TEST(frozen_replica, is_told_to_be_unhealthy_and_further_and_further_behind) {
  joined_cluster x;
  x.nodes.network().advance(seconds{1});
  auto before = x.nodes.topology_of(0);
  ASSERT_TRUE(before && before->replicas.size() == 2);
  EXPECT_TRUE(before->replicas[0].healthy);
  EXPECT_EQ(before->replicas[0].lag_seconds, 0.0);
  x.nodes.network().freeze(1);
  x.nodes.network().advance(seconds{7});
  auto frozen = x.nodes.topology_of(0);
  EXPECT_FALSE(frozen->replicas[0].healthy);
  EXPECT_GE(frozen->replicas[0].lag_seconds, 6.0) << "although nothing was appended";
  EXPECT_EQ(frozen->replicas[1].lag_seconds, 0.0);
  EXPECT_EQ(frozen->epoch.counter, before->epoch.counter + 1);
  EXPECT_EQ(x.nodes.topology_of(2)->epoch, frozen->epoch) << "the other replica is told";
  x.nodes.network().thaw(1);
  x.nodes.network().advance(seconds{30});
  x.nodes.tend();
  x.nodes.network().advance(seconds{30});
  auto after = x.nodes.topology_of(0);
  EXPECT_TRUE(after->replicas[0].healthy);
  EXPECT_EQ(after->replicas[0].lag_seconds, 0.0);
  EXPECT_EQ(after->epoch.counter, before->epoch.counter + 2);
  EXPECT_EQ(x.nodes.topology_of(1)->epoch, after->epoch);
}

TEST(frozen_primary, is_looked_for_again_and_found_when_it_goes_on) {
  joined_cluster x;
  x.fill(2);
  x.nodes.network().freeze(0);
  x.nodes.network().advance(seconds{60});
  x.nodes.network().thaw(0);
  x.nodes.network().advance(seconds{30});
  x.fill(2);
  EXPECT_EQ(x.durable_on(1), lsn{4});
  EXPECT_EQ(x.durable_on(2), lsn{4});
}

TEST(crashed_primary, comes_back_and_goes_on_with_its_replicas) {
  joined_cluster x;
  x.fill(5);
  x.nodes.crash(0, power::lost_with_all_that_is_unsynced);
  x.nodes.network().advance(seconds{5});
  ASSERT_FALSE(x.nodes.start(0));
  x.nodes.tend();
  x.nodes.network().advance(seconds{5});
  EXPECT_EQ(x.append_now(append_under(policy_ack_n{2}, "on"))->first(), lsn{6});
}

TEST(crashed_replica, resumes_where_its_disk_ends) {
  joined_cluster x;
  x.fill(5);
  x.nodes.crash(1, power::lost_with_all_that_is_unsynced);
  x.fill(5);
  ASSERT_FALSE(x.nodes.start(1));
  EXPECT_EQ(x.durable_on(1), lsn{5});
  x.nodes.network().advance(seconds{3});
  EXPECT_EQ(x.durable_on(1), lsn{10});
  EXPECT_EQ(x.nodes.records_on_disk(1, lsn{10}), x.nodes.records_on_disk(0, lsn{10}));
}

TEST(replica, whose_primary_lost_everything_is_refused_and_keeps_its_log) {
  joined_cluster x;
  x.fill(5);
  x.nodes.crash(0, power::lost);
  for (const auto& file : x.nodes.disk(0).files())
    x.nodes.disk(0).erase(file);
  ASSERT_FALSE(x.nodes.start(0));
  x.nodes.tend();
  x.fill(9);
  x.nodes.network().advance(seconds{30});
  EXPECT_EQ(x.durable_on(1), lsn{5});
  EXPECT_EQ(x.nodes.status()->replicas.size(), 0u);
}

} // namespace

} // namespace sluice::test
