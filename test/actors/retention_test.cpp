#include "test/actors/slot_fixture.hpp"

/// Which slots of a primary are given up, and what its log is pruned for.
namespace sluice::test {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(retention, follows_the_slowest_slot) {
  primary_under_test primary{small_log()};
  control(primary, control_command::create_slot, "slow");
  scripted_peer fast{primary.node()};
  attach(fast, primary, "fast");
  primary.fill(300);
  fast.ack(lsn{300});
  primary.node().advance(seconds{2});
  EXPECT_EQ(primary.status().oldest, lsn{1});
  EXPECT_EQ(control(primary, control_command::drop_slot, "slow"), errc::ok);
  primary.node().advance(seconds{2});
  auto oldest = primary.status().oldest;
  EXPECT_GT(oldest, lsn{100});
  EXPECT_LE(oldest, lsn{301});
  EXPECT_EQ(primary.read(previous(oldest)).front().lsn, oldest);
}

TEST(retention, of_a_log_without_slots_keeps_everything) {
  primary_under_test primary{small_log()};
  primary.fill(300);
  primary.node().advance(hours{48});
  EXPECT_EQ(primary.status().oldest, lsn{1});
}

// In bytes where RedDB counts segments
TEST(retention, keeps_what_it_is_told_to_keep) {
  auto choices = small_log();
  choices.slots.retention.retain_bytes_min = 8192;
  primary_under_test primary{choices};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  primary.fill(300);
  peer.ack(lsn{300});
  primary.node().advance(seconds{2});
  EXPECT_GT(primary.status().oldest, lsn{1});
  EXPECT_GE(primary.status().retained_bytes, 8192u);
}

TEST(retention, keeps_what_is_younger_than_it_is_told_to_keep) {
  auto choices = small_log();
  choices.slots.retention.retain_age = hours{1};
  primary_under_test primary{choices};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  primary.fill(150);
  primary.host().wall.step(std::chrono::minutes{50});
  primary.fill(150);
  peer.ack(lsn{300});
  primary.node().advance(seconds{2});
  EXPECT_EQ(primary.status().oldest, lsn{1});
  primary.host().wall.step(std::chrono::minutes{20});
  primary.node().advance(seconds{2});
  auto oldest = primary.status().oldest;
  EXPECT_GT(oldest, lsn{1});
  EXPECT_LE(oldest, lsn{151}) << "the later ones are 20 minutes old";
}

TEST(retention, tells_readers_what_is_pruned_and_replicas_what_is_kept) {
  primary_under_test primary{small_log()};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  primary.fill(300);
  peer.ack(lsn{300});
  primary.node().advance(seconds{4});
  auto oldest = primary.status().oldest;
  ASSERT_GT(oldest, lsn{1});
  ASSERT_FALSE(peer.heard().heartbeats.empty());
  EXPECT_EQ(peer.heard().heartbeats.back().header.oldest, oldest);
  auto refused =
      primary.node().ask<messages::batches_read>(primary.actors().buffer, messages::read_batches{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), errc::pruned);
}

// Given up durably, told in status, in the log and to the replica
TEST(retention, gives_up_a_slot_that_costs_too_much) {
  auto choices = small_log();
  choices.slots.slot_defaults.pinned_bytes_max = 8192;
  primary_under_test primary{choices};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "slow");
  primary.fill(400);
  // Alive, but it makes nothing durable.
  peer.ack(no_lsn);
  primary.node().advance(seconds{2});
  auto slot = slot_of(primary, "slow");
  EXPECT_EQ(slot.invalidation_cause, "horizon");
  ASSERT_TRUE(stored(primary).slots.at(0).invalidated);
  ASSERT_FALSE(peer.heard().refusals.empty());
  EXPECT_EQ(peer.heard().refusals.back().code, errc::slot_invalidated);
  EXPECT_NE(peer.heard().refusals.back().reason.find("horizon"), std::string::npos);
  EXPECT_GT(primary.status().oldest, lsn{1});
}

TEST(retention, gives_nobody_up_that_cannot_be_stored_as_given_up) {
  auto choices = small_log();
  choices.slots.slot_defaults.idle_timeout = hours{1};
  primary_under_test primary{choices};
  control(primary, control_command::create_slot, "away");
  primary.fill(200);
  primary.disk().add_fault({vfs_call::rename, 1, errc::io_error, true});
  primary.node().advance(hours{2});
  EXPECT_EQ(slot_of(primary, "away").invalidation_cause, "");
  EXPECT_EQ(primary.status().oldest, lsn{1});
  EXPECT_NE(primary.status().prune_trouble, "");
  primary.disk().clear_faults();
  primary.node().advance(seconds{2});
  EXPECT_EQ(slot_of(primary, "away").invalidation_cause, "idle_timeout");
  EXPECT_EQ(primary.status().prune_trouble, "");
  EXPECT_GT(primary.status().oldest, lsn{1});
}

TEST(retention, gives_up_the_slot_of_a_replica_that_stays_away) {
  auto choices = small_log();
  choices.slots.slot_defaults.idle_timeout = hours{24};
  choices.members = {primary_name, "member"};
  primary_under_test primary{choices};
  control(primary, control_command::create_slot, "member");
  control(primary, control_command::create_slot, "guest");
  primary.node().advance(hours{23});
  EXPECT_EQ(slot_of(primary, "guest").invalidation_cause, "");
  primary.node().advance(hours{2});
  EXPECT_EQ(slot_of(primary, "guest").invalidation_cause, "idle_timeout");
  EXPECT_EQ(slot_of(primary, "member").invalidation_cause, "");
}

TEST(retention, counts_no_down_time_as_absence_and_forgets_no_absence) {
  auto choices = small_log();
  choices.slots.slot_defaults.idle_timeout = hours{24};
  primary_under_test primary{choices};
  control(primary, control_command::create_slot, "guest");
  primary.node().advance(hours{20});
  // Something to store: the absence goes with it.
  control(primary, control_command::create_slot, "other");
  primary.restart();
  primary.node().advance(hours{3});
  EXPECT_EQ(slot_of(primary, "guest").invalidation_cause, "");
  primary.node().advance(hours{2});
  EXPECT_EQ(slot_of(primary, "guest").invalidation_cause, "idle_timeout");
  EXPECT_EQ(slot_of(primary, "other").invalidation_cause, "");
}

// Where RedDB invalidates every slot at once.
TEST(retention, gives_nobody_up_for_a_step_of_the_wall_clock) {
  auto choices = small_log();
  choices.slots.slot_defaults.idle_timeout = hours{24};
  primary_under_test primary{choices};
  control(primary, control_command::create_slot, "guest");
  for (auto step : {hours{25}, hours{-50}}) {
    primary.host().wall.step(step);
    primary.node().advance(seconds{5});
    EXPECT_EQ(slot_of(primary, "guest").invalidation_cause, "");
  }
}

TEST(retention, forgets_a_slot_that_was_given_up_once_its_replica_can_be_streamed_to) {
  auto choices = small_log();
  choices.slots.slot_defaults.idle_timeout = hours{1};
  primary_under_test primary{choices};
  primary.fill(5);
  control(primary, control_command::create_slot, "r1");
  primary.node().advance(hours{2});
  ASSERT_EQ(slot_of(primary, "r1").invalidation_cause, "idle_timeout");
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  ASSERT_EQ(peer.heard().welcomes.size(), 1u);
  peer.ack(no_lsn);
  peer.ack(lsn{5});
  EXPECT_EQ(slot_of(primary, "r1").invalidation_cause, "");
  EXPECT_EQ(slot_of(primary, "r1").restart, lsn{5});
  EXPECT_FALSE(stored(primary).slots.at(0).invalidated);
}

TEST(retention, tells_how_long_a_slot_may_go_on) {
  auto choices = small_log();
  choices.slots.slot_defaults.pinned_bytes_max = 1'000'000;
  primary_under_test primary{choices};
  control(primary, control_command::create_slot, "slow");
  for (int i = 0; i < 60; ++i) {
    primary.fill(10, 100);
    primary.node().advance(seconds{1});
  }
  auto slot = slot_of(primary, "slow");
  auto rate = static_cast<double>(slot.retained_bytes) / 60;
  ASSERT_TRUE(slot.safe_bytes_left);
  ASSERT_TRUE(slot.seconds_until_lost);
  EXPECT_EQ(*slot.safe_bytes_left, 1'000'000 - slot.retained_bytes);
  auto truth = static_cast<double>(*slot.safe_bytes_left) / rate;
  EXPECT_NEAR(*slot.seconds_until_lost, truth, truth / 5);
}

TEST(retention, never_lets_a_dead_slot_fill_the_volume) {
  auto choices = small_log();
  choices.slots.free_disk_min = 4 * 4096;
  primary_under_test primary{choices};
  primary.disk().set_capacity(128 * 1024);
  control(primary, control_command::create_slot, "dead");
  for (int i = 0; i < 3000; ++i) {
    auto answer = primary.append_now(append_of({std::string(200, 'x')}));
    ASSERT_EQ(answer->times, 1u);
    ASSERT_TRUE(std::holds_alternative<committed>(answer->outcome)) << i;
  }
  EXPECT_EQ(slot_of(primary, "dead").invalidation_cause, "disk_pressure");
  EXPECT_GT(primary.status().oldest, lsn{1000});
}

/// What every slot that outlived a crash relies on.
void expect_whole(primary_under_test& primary) {
  auto status = primary.status();
  for (const auto& x : status.slots)
    if (x.invalidation_cause.empty()) {
      EXPECT_GE(next(x.restart), status.oldest) << x.id;
    }
  auto records = primary.read(previous(status.oldest));
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.front().lsn, status.oldest);
}

/// A kill between persisting and pruning, and between pruning and the directory's sync, are
/// two of these calls.
TEST(retention, a_power_cut_at_any_call_takes_nothing_that_a_slot_needs) {
  for (std::uint64_t at = 1;; ++at) {
    SCOPED_TRACE("power off at change " + std::to_string(at));
    auto choices = small_log();
    choices.slots.slot_defaults.pinned_bytes_max = 8192;
    primary_under_test primary{choices};
    control(primary, control_command::create_slot, "slow");
    scripted_peer fast{primary.node()};
    attach(fast, primary, "fast");
    primary.fill(150);
    fast.ack(lsn{150});
    auto before = primary.disk().changes();
    primary.disk().power_off_at(at);
    primary.node().advance(seconds{2});
    auto has_ended = primary.disk().changes() - before < at;
    primary.disk().cut_power();
    primary.restart();
    expect_whole(primary);
    if (has_ended)
      return;
  }
}

TEST(retention, gives_readers_their_records_or_says_that_they_are_pruned) {
  primary_under_test primary{small_log()};
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r1");
  primary.fill(300);
  peer.ack(lsn{200});
  auto read_after = [&](std::uint64_t after) {
    messages::read_batches request;
    request.after = lsn{after};
    return primary.node().self()->request(primary.actors().buffer, caf::infinite, request);
  };
  using pending_read = decltype(read_after(0));
  std::vector<std::pair<lsn, pending_read>> readers;
  // Half of them are on their way when the prune begins, in every order that there is.
  for (std::uint64_t i = 0; i < 100; ++i) {
    readers.emplace_back(lsn{i * 3}, read_after(i * 3));
    if (i == 50)
      primary.node().advance(seconds{2});
  }
  primary.node().run();
  std::size_t served = 0;
  for (auto& [after, reader] : readers)
    reader.receive(
        [&, from = after](const messages::batches_read& found) {
          ++served;
          EXPECT_EQ(found.batches->front().first, next(from));
        },
        [](const caf::error& why) { EXPECT_EQ(code_of(why), errc::pruned) << describe(why); });
  EXPECT_GT(served, 50u);
  EXPECT_LT(served, 100u);
}

// -- a damaged catalog ---------------------------------------------------------------------

// Where RedDB starts with no slots and prunes under live replicas.
TEST(retention, stands_still_while_slots_may_be_missing) {
  primary_under_test primary{small_log()};
  control(primary, control_command::create_slot, "r1");
  primary.fill(300);
  for (const auto* name : {"slots.a", "slots.b"})
    primary.disk().set_content(std::filesystem::path{data_directory} / name, "junk");
  primary.restart();
  EXPECT_NE(primary.status().prune_trouble, "");
  scripted_peer peer{primary.node()};
  attach(peer, primary, "r2");
  peer.ack(lsn{300});
  primary.node().advance(seconds{5});
  EXPECT_EQ(primary.status().oldest, lsn{1});
  primary.restart();
  primary.node().advance(seconds{5});
  EXPECT_NE(primary.status().prune_trouble, "");
  EXPECT_EQ(primary.status().oldest, lsn{1});
  control(primary, control_command::create_slot, "r1");
  EXPECT_EQ(control(primary, control_command::reset_slot, "r1"), errc::ok);
  EXPECT_EQ(primary.status().prune_trouble, "");
}

TEST(retention, goes_on_once_every_member_has_joined_again) {
  auto choices = small_log();
  choices.members = {primary_name, "r1"};
  primary_under_test primary{choices};
  for (const auto* name : {"slots.a", "slots.b"})
    primary.disk().erase(std::filesystem::path{data_directory} / name);
  primary.restart();
  EXPECT_NE(primary.status().prune_trouble, "");
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, hello_of("r1"));
  EXPECT_EQ(primary.status().prune_trouble, "");
  EXPECT_EQ(stored(primary).incomplete, "");
}

} // namespace

} // namespace sluice::test
