#include "test/actors/slot_fixture.hpp"

/// Slots of a primary: made, moved, stored, dropped.
namespace sluice::test {

namespace {

using std::chrono::seconds;

TEST(slots, of_a_replica_that_joins_are_durable_before_it_is_answered) {
  primary_under_test primary;
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  ASSERT_EQ(peer.heard().welcomes.size(), 1u);
  primary.disk().cut_power_losing_all();
  ASSERT_EQ(stored(primary).slots.size(), 1u);
  EXPECT_EQ(stored(primary).slots[0].id, "r1");
}

TEST(slots, that_cannot_be_stored_let_nobody_join) {
  primary_under_test primary;
  primary.disk().add_fault({vfs_call::rename, 1, errc::io_error, true});
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  EXPECT_TRUE(peer.heard().welcomes.empty());
  ASSERT_EQ(peer.heard().refusals.size(), 1u);
  EXPECT_EQ(peer.heard().refusals[0].code, errc::io_error);
  EXPECT_NE(primary.status().prune_trouble, "");
  primary.disk().clear_faults();
  auto again = hello_of("r1");
  again.identity.sequence = connect_sequence{2};
  peer.join(primary.actors().gate, again);
  EXPECT_EQ(peer.heard().welcomes.size(), 1u);
  EXPECT_EQ(primary.status().prune_trouble, "");
}

// Without its two fsyncs and renames for each ack
TEST(slots, move_with_acks_and_without_the_disk) {
  primary_under_test primary;
  primary.fill(10);
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  auto before = primary.disk().changes();
  for (std::uint64_t at = 1; at <= 10; ++at)
    peer.ack(lsn{at});
  EXPECT_EQ(primary.disk().changes(), before);
  auto slot = slot_of(primary, "r1");
  EXPECT_EQ(slot.restart, lsn{10});
  EXPECT_EQ(slot.confirmed_flush, lsn{10});
  EXPECT_TRUE(slot.active);
}

// After a reopen the slot is where it was stored
TEST(slots, are_stored_every_few_seconds_and_outlive_the_primary) {
  primary_under_test primary;
  primary.fill(10);
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  peer.ack(lsn{8});
  primary.node().advance(seconds{7});
  EXPECT_EQ(stored(primary).slots.at(0).restart_lsn, lsn{8});
  peer.ack(lsn{10});
  primary.restart();
  auto slot = slot_of(primary, "r1");
  EXPECT_EQ(slot.restart, lsn{8});
  EXPECT_FALSE(slot.active);
  EXPECT_EQ(slot.invalidation_cause, "");
}

TEST(slots, are_made_dropped_and_reset_by_command) {
  primary_under_test primary;
  EXPECT_EQ(control(primary, control_command::create_slot, "r1"), errc::ok);
  EXPECT_EQ(stored(primary).slots.size(), 1u);
  EXPECT_EQ(control(primary, control_command::create_slot, "r1"), errc::already_exists);
  EXPECT_EQ(control(primary, control_command::create_slot, "../r1"), errc::invalid_argument);
  EXPECT_EQ(control(primary, control_command::reset_slot, "r1"), errc::ok);
  EXPECT_EQ(control(primary, control_command::reset_slot, "r2"), errc::not_found);
  EXPECT_EQ(control(primary, control_command::drop_slot, "r1"), errc::ok);
  EXPECT_EQ(control(primary, control_command::drop_slot, "r1"), errc::not_found);
  EXPECT_TRUE(stored(primary).slots.empty());
}

TEST(slots, are_made_with_limits_of_their_own_that_outlive_a_restart) {
  auto choices = small_log();
  choices.slots.slot_defaults = {1000, 50, seconds{9}};
  primary_under_test primary{choices};
  slot_limit_overrides own{2000, {}, std::chrono::milliseconds{0}};
  messages::control_request request{true, control_command::create_limited_slot, "r1", own};
  auto reply = primary.node().ask<messages::control_reply>(primary.actors().gate, request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::ok);
  primary.restart();
  EXPECT_EQ(slot_of(primary, "r1").own_limits, own);
  EXPECT_EQ(slot_of(primary, "r1").limits, (slot_limits{2000, 50, seconds{0}}));
}

TEST(slots, of_connected_replicas_are_not_dropped) {
  primary_under_test primary;
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  EXPECT_EQ(control(primary, control_command::drop_slot, "r1"), errc::in_use);
  peer.die();
  EXPECT_EQ(control(primary, control_command::drop_slot, "r1"), errc::ok);
}

// The slot of an unregistered replica is kept
TEST(slots, outlive_a_replica_that_is_detached) {
  primary_under_test primary;
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  peer.die();
  EXPECT_EQ(control(primary, control_command::detach_replica, "r1"), errc::ok);
  EXPECT_EQ(control(primary, control_command::detach_replica, "r1"), errc::not_found);
  EXPECT_TRUE(primary.status().replicas.empty());
  EXPECT_EQ(primary.status().slots.size(), 1u);
}

TEST(slots, are_as_many_as_the_limit_allows) {
  auto choices = small_log();
  choices.slots.slots_max = 1;
  primary_under_test primary{choices};
  EXPECT_EQ(control(primary, control_command::create_slot, "r1"), errc::ok);
  EXPECT_EQ(control(primary, control_command::create_slot, "r2"), errc::overloaded);
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r2"));
  ASSERT_EQ(peer.heard().refusals.size(), 1u);
  EXPECT_EQ(peer.heard().refusals[0].code, errc::overloaded);
}

} // namespace

} // namespace sluice::test
