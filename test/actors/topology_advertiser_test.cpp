#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>

/// What a primary tells of its replicas, to whom and when, under a clock that the test moves.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

topology topology_of(primary_under_test& primary) {
  auto reply = primary.node().ask<messages::topology_reply>(primary.actors().gate,
                                                            messages::topology_request{});
  EXPECT_TRUE(reply && reply->code == errc::ok);
  return reply ? reply->topology : topology{};
}

/// A replica that answers once a second, as a heartbeat would have it.
void answer_for(primary_under_test& primary, scripted_peer& replica, lsn flushed, seconds time) {
  for (seconds passed{0}; passed < time; passed += seconds{1}) {
    primary.node().advance(seconds{1});
    replica.ack(flushed);
  }
  // What was acked is looked at.
  primary.node().advance(milliseconds{250});
}

TEST(topology_of_a_primary, has_a_new_epoch_for_each_replica_and_none_for_its_reconnects) {
  primary_under_test primary;
  auto before = topology_of(primary);
  EXPECT_EQ(before.epoch, (topology_epoch{term{1}, incarnation{1}, 0}));
  EXPECT_EQ(before.primary.id, primary_name);
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1", "eu"));
  scripted_peer r2{primary.node()};
  r2.join(primary.actors().gate, hello_of("r2", "us"));
  auto both = topology_of(primary);
  EXPECT_EQ(both.epoch.counter, 2u);
  ASSERT_EQ(both.replicas.size(), 2u);
  EXPECT_EQ(both.replicas[1].region, "us");
  EXPECT_TRUE(both.replicas[1].healthy);
  r1.ack(no_lsn);
  r1.die();
  auto again = hello_of("r1", "eu");
  again.identity.sequence = connect_sequence{2};
  scripted_peer back{primary.node()};
  back.join(primary.actors().gate, again);
  back.ack(no_lsn);
  primary.node().advance(seconds{1});
  EXPECT_EQ(topology_of(primary).epoch, both.epoch);
}

TEST(topology_of_a_primary, is_of_a_higher_epoch_after_a_restart) {
  primary_under_test primary;
  for (const auto* name : {"r1", "r2", "r3"}) {
    scripted_peer replica{primary.node()};
    replica.join(primary.actors().gate, hello_of(name));
  }
  auto before = topology_of(primary).epoch;
  primary.restart();
  EXPECT_GT(topology_of(primary).epoch, before);
}

TEST(topology_of_a_primary, loses_a_silent_replica_once_and_finds_it_again_once) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  r1.ack(no_lsn);
  auto before = topology_of(primary).epoch.counter;
  primary.node().advance(milliseconds{4900});
  EXPECT_TRUE(topology_of(primary).replicas.at(0).healthy);
  primary.node().advance(milliseconds{500});
  EXPECT_FALSE(topology_of(primary).replicas.at(0).healthy);
  EXPECT_EQ(topology_of(primary).epoch.counter, before + 1);
  primary.node().advance(seconds{5});
  EXPECT_EQ(topology_of(primary).epoch.counter, before + 1);
  r1.ack(no_lsn);
  primary.node().advance(milliseconds{250});
  EXPECT_TRUE(topology_of(primary).replicas.at(0).healthy);
  EXPECT_EQ(topology_of(primary).epoch.counter, before + 2);
}

// -- lag -----------------------------------------------------------------------------------

TEST(lag_of_a_replica, stays_zero_while_the_primary_is_idle) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  r1.ack(no_lsn);
  primary.fill(3);
  r1.ack(lsn{3});
  answer_for(primary, r1, lsn{3}, seconds{120});
  auto told = topology_of(primary);
  EXPECT_EQ(told.durable, lsn{3});
  EXPECT_EQ(told.replicas.at(0).lag_records, 0u);
  EXPECT_EQ(told.replicas.at(0).lag_bytes, 0u);
  EXPECT_EQ(told.replicas.at(0).lag_seconds, 0.0);
  EXPECT_EQ(primary.status().replicas.at(0).lag_seconds, 0.0);
}

TEST(lag_of_a_replica, that_is_frozen_grows_with_and_without_appends) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  r1.ack(no_lsn);
  primary.node().advance(milliseconds{250});
  EXPECT_EQ(topology_of(primary).replicas.at(0).lag_seconds, 0.0);
  primary.node().advance(seconds{7});
  EXPECT_EQ(topology_of(primary).replicas.at(0).lag_seconds, 7.25);
  primary.fill(4, 100);
  primary.node().advance(seconds{2});
  auto told = topology_of(primary).replicas.at(0);
  EXPECT_EQ(told.lag_records, 4u);
  EXPECT_GT(told.lag_bytes, 400u);
  EXPECT_EQ(told.lag_bytes, primary.positions().appended_bytes);
  EXPECT_EQ(told.lag_seconds, 9.25);
}

TEST(lag_of_a_replica, that_answers_but_lacks_a_record_is_the_age_of_that) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  r1.ack(no_lsn);
  answer_for(primary, r1, no_lsn, seconds{10});
  primary.fill(1);
  primary.node().advance(milliseconds{250});
  answer_for(primary, r1, no_lsn, seconds{3});
  auto lag = topology_of(primary).replicas.at(0).lag_seconds;
  EXPECT_GE(lag, 3.0);
  EXPECT_LE(lag, 3.5);
  r1.ack(lsn{1});
  primary.node().advance(milliseconds{250});
  EXPECT_EQ(topology_of(primary).replicas.at(0).lag_seconds, 0.0);
}

TEST(lag_of_a_replica, that_is_disconnected_grows_from_its_last_word) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  r1.ack(no_lsn);
  r1.die();
  primary.node().advance(seconds{1});
  EXPECT_EQ(topology_of(primary).replicas.at(0).lag_seconds, 1.0);
  EXPECT_FALSE(primary.status().replicas.at(0).connected);
  primary.node().advance(seconds{9});
  EXPECT_EQ(topology_of(primary).replicas.at(0).lag_seconds, 10.0);
  EXPECT_EQ(primary.status().replicas.at(0).lag_seconds, 10.0);
  EXPECT_FALSE(primary.status().replicas.at(0).healthy);
}

TEST(status_of_a_primary, names_the_epoch_of_its_topology) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  EXPECT_EQ(primary.status().topology_epoch, topology_of(primary).epoch);
  EXPECT_EQ(to_string(primary.status().topology_epoch), "1.1.1");
}

// -- subscribers ---------------------------------------------------------------------------

/// Hears what it is told; says that it has seen it when the test says so.
class subscriber {
public:
  explicit subscriber(primary_under_test& primary) : primary_(&primary) {
    actor_ = primary.node().keep(primary.node().system().spawn([told = told_]() -> caf::behavior {
      return {[told](const messages::topology_reply& x) { told->push_back(x); }};
    }));
    caf::send_as(actor_, primary.actors().gate, messages::topology_subscribe{});
    primary.node().run();
  }

  void see() {
    caf::send_as(actor_, primary_->actors().topology,
                 messages::topology_seen{true, told_->back().topology.epoch});
    primary_->node().run();
  }

  const std::vector<messages::topology_reply>& told() const { return *told_; }
  const caf::actor& actor() const { return actor_; }

private:
  primary_under_test* primary_;
  std::shared_ptr<std::vector<messages::topology_reply>> told_ =
      std::make_shared<std::vector<messages::topology_reply>>();
  caf::actor actor_;
};

TEST(topology_subscriber, is_told_at_once_and_then_each_new_epoch) {
  primary_under_test primary;
  subscriber x{primary};
  ASSERT_EQ(x.told().size(), 1u);
  x.see();
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  ASSERT_EQ(x.told().size(), 2u);
  EXPECT_EQ(x.told()[1].topology.replicas.size(), 1u);
  EXPECT_GT(x.told()[1].topology.epoch, x.told()[0].topology.epoch);
  x.see();
  r1.ack(no_lsn);
  answer_for(primary, r1, no_lsn, seconds{30});
  EXPECT_EQ(x.told().size(), 2u) << "acks and time are no news";
}

TEST(topology_subscriber, that_is_slow_is_told_the_newest_and_has_one_message_on_the_way) {
  primary_under_test primary;
  subscriber x{primary};
  std::vector<std::unique_ptr<scripted_peer>> replicas;
  for (int i = 0; i < 9; ++i) {
    replicas.push_back(std::make_unique<scripted_peer>(primary.node()));
    replicas.back()->join(primary.actors().gate, hello_of("r" + std::to_string(i)));
  }
  ASSERT_EQ(x.told().size(), 1u);
  x.see();
  ASSERT_EQ(x.told().size(), 2u);
  EXPECT_EQ(x.told()[1].topology.replicas.size(), 9u);
  x.see();
  EXPECT_EQ(x.told().size(), 2u);
}

TEST(topology_subscriber, that_never_says_it_has_seen_is_dropped_and_may_come_again) {
  primary_under_test primary;
  subscriber x{primary};
  primary.node().advance(seconds{31});
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  x.see();
  EXPECT_EQ(x.told().size(), 1u);
  caf::send_as(x.actor(), primary.actors().gate, messages::topology_subscribe{});
  primary.node().run();
  EXPECT_EQ(x.told().size(), 2u);
}

TEST(topology_subscriber, sees_no_epoch_twice_with_different_members) {
  primary_under_test primary;
  subscriber x{primary};
  x.see();
  for (int i = 0; i < 5; ++i) {
    scripted_peer r{primary.node()};
    r.join(primary.actors().gate, hello_of("r" + std::to_string(i)));
    x.see();
    auto pulled = topology_of(primary);
    EXPECT_EQ(pulled.epoch, x.told().back().topology.epoch);
    EXPECT_EQ(pulled.replicas.size(), x.told().back().topology.replicas.size());
  }
}

TEST(topology, for_a_caller_without_the_right_has_no_replicas) {
  primary_under_test primary;
  scripted_peer r1{primary.node()};
  r1.join(primary.actors().gate, hello_of("r1"));
  auto reply = primary.node().ask<messages::topology_reply>(
      primary.actors().topology, messages::get_topology{replication::caller_right::primary_only});
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->topology.replicas.empty());
  EXPECT_EQ(reply->topology.primary.id, primary_name);
  EXPECT_EQ(reply->topology.epoch.counter, 1u);
}

} // namespace

} // namespace sluice::test
