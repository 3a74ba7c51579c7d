#include "replication/slot_book.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

constexpr storage_id disk_a{1};
constexpr storage_id disk_b{2};

moment at(std::uint64_t second) {
  return {monotonic_ns{second * 1'000'000'000}, timestamp_ms{second * 1000}};
}

slot_book with_joined(const std::string& id, std::uint64_t flushed) {
  slot_book book;
  book.join(id, disk_a, lsn{flushed}, at(1));
  return book;
}

TEST(slot_book, keeps_the_limits_that_a_slot_was_made_with_whoever_joins) {
  slot_book book;
  slot_limit_overrides limits{100, {}, std::chrono::milliseconds{0}};
  EXPECT_EQ(book.create("r1", lsn{7}, at(1), limits), slot_outcome::done);
  book.join("r1", disk_a, lsn{5}, at(2));
  book.reset("r1", lsn{1}, at(3));
  EXPECT_EQ(book.find("r1")->limits, limits);
}

TEST(slot_book, makes_a_slot_for_a_replica_that_joins) {
  auto book = with_joined("r1", 5);
  const auto* x = book.find("r1");
  ASSERT_NE(x, nullptr);
  EXPECT_EQ(x->restart_lsn, lsn{5});
  EXPECT_EQ(x->confirmed_flush_lsn, lsn{5});
  EXPECT_EQ(x->confirmed_apply_lsn, no_lsn);
  EXPECT_TRUE(x->is_active);
}

// Restart is what is durable there, confirmed what is applied
TEST(slot_book, follows_what_the_replica_has_durable) {
  auto book = with_joined("r1", 0);
  EXPECT_TRUE(book.advance("r1", disk_a, {lsn{12}, lsn{10}, lsn{8}}, at(2)));
  const auto* x = book.find("r1");
  EXPECT_EQ(x->restart_lsn, lsn{10});
  EXPECT_EQ(x->confirmed_flush_lsn, lsn{10});
  EXPECT_EQ(x->confirmed_apply_lsn, lsn{8});
  EXPECT_EQ(x->last_seen, timestamp_ms{2000});
}

TEST(slot_book, never_goes_back_within_one_directory) {
  auto book = with_joined("r1", 10);
  EXPECT_FALSE(book.advance("r1", disk_a, {lsn{4}, lsn{4}, no_lsn}, at(2)));
  EXPECT_EQ(book.find("r1")->restart_lsn, lsn{10});
  EXPECT_FALSE(book.advance("r1", disk_b, {lsn{40}, lsn{40}, lsn{40}}, at(2)));
  EXPECT_EQ(book.find("r1")->restart_lsn, lsn{10});
}

TEST(slot_book, keeps_progress_when_the_same_directory_joins_again) {
  auto book = with_joined("r1", 10);
  book.advance("r1", disk_a, {lsn{20}, lsn{20}, lsn{15}}, at(2));
  EXPECT_EQ(book.join("r1", disk_a, lsn{20}, at(3)), slot_joined::kept);
  EXPECT_EQ(book.find("r1")->confirmed_apply_lsn, lsn{15});
  EXPECT_EQ(book.join("r1", disk_a, lsn{25}, at(3)), slot_joined::kept);
  EXPECT_EQ(book.find("r1")->restart_lsn, lsn{25});
}

TEST(slot_book, begins_again_at_the_hello_of_another_directory) {
  auto book = with_joined("r1", 10);
  book.advance("r1", disk_a, {lsn{20}, lsn{20}, lsn{15}}, at(2));
  EXPECT_EQ(book.join("r1", disk_b, lsn{3}, at(3)), slot_joined::reset);
  const auto* x = book.find("r1");
  EXPECT_EQ(x->restart_lsn, lsn{3});
  EXPECT_EQ(x->confirmed_flush_lsn, lsn{3});
  EXPECT_EQ(x->confirmed_apply_lsn, no_lsn);
  EXPECT_EQ(x->storage, disk_b);
}

// Where RedDB moved the replica forward to its slot.
TEST(slot_book, follows_a_replica_back_that_has_lost_data) {
  auto book = with_joined("r1", 10);
  EXPECT_EQ(book.join("r1", disk_a, no_lsn, at(3)), slot_joined::reset);
  EXPECT_EQ(book.find("r1")->restart_lsn, no_lsn);
}

TEST(slot_book, makes_slots_by_command_until_there_are_too_many) {
  slot_book book{2};
  EXPECT_EQ(book.create("r1", lsn{7}, at(1)), slot_outcome::done);
  EXPECT_EQ(book.create("r1", lsn{9}, at(1)), slot_outcome::already_exists);
  EXPECT_EQ(book.create("../r2", lsn{7}, at(1)), slot_outcome::bad_id);
  EXPECT_EQ(book.create("r2", lsn{7}, at(1)), slot_outcome::done);
  EXPECT_EQ(book.create("r3", lsn{7}, at(1)), slot_outcome::too_many);
  EXPECT_EQ(book.join("r3", disk_a, lsn{7}, at(1)), slot_joined::too_many);
  EXPECT_EQ(book.find("r1")->restart_lsn, lsn{7});
  EXPECT_EQ(book.drop("r1"), slot_outcome::done);
  EXPECT_EQ(book.drop("r1"), slot_outcome::not_found);
  EXPECT_EQ(book.size(), 1u);
}

TEST(slot_book, hands_a_slot_made_by_command_to_the_replica_that_comes) {
  slot_book book;
  book.create("r1", lsn{7}, at(1));
  EXPECT_EQ(book.join("r1", disk_a, lsn{9}, at(2)), slot_joined::reset);
  EXPECT_EQ(book.find("r1")->restart_lsn, lsn{9});
}

TEST(slot_book, moves_no_slot_that_was_given_up) {
  auto book = with_joined("r1", 10);
  EXPECT_TRUE(book.invalidate("r1", invalidation_cause::horizon, timestamp_ms{9}));
  EXPECT_FALSE(book.invalidate("r1", invalidation_cause::idle_timeout, timestamp_ms{10}));
  EXPECT_FALSE(book.invalidate("r2", invalidation_cause::horizon, timestamp_ms{9}));
  EXPECT_FALSE(book.advance("r1", disk_a, {lsn{20}, lsn{20}, lsn{20}}, at(3)));
  EXPECT_EQ(book.find("r1")->invalidated,
            (slot_invalidation{invalidation_cause::horizon, timestamp_ms{9}}));
}

// Where RedDB never cleared it.
TEST(slot_book, is_valid_again_once_its_replica_can_be_streamed_to) {
  auto book = with_joined("r1", 10);
  book.invalidate("r1", invalidation_cause::horizon, timestamp_ms{9});
  EXPECT_EQ(book.join("r1", disk_a, lsn{30}, at(3)), slot_joined::revived);
  EXPECT_TRUE(book.find("r1")->is_valid());
  EXPECT_EQ(book.find("r1")->restart_lsn, lsn{30});
}

TEST(slot_book, resets_a_slot_by_command) {
  auto book = with_joined("r1", 10);
  book.invalidate("r1", invalidation_cause::idle_timeout, timestamp_ms{9});
  EXPECT_EQ(book.reset("r1", lsn{4}, at(5)), slot_outcome::done);
  const auto* x = book.find("r1");
  EXPECT_TRUE(x->is_valid());
  EXPECT_EQ(x->restart_lsn, lsn{4});
  EXPECT_EQ(x->confirmed_flush_lsn, lsn{4});
  EXPECT_EQ(book.reset("r2", lsn{4}, at(5)), slot_outcome::not_found);
}

TEST(slot_book, takes_over_what_was_stored_as_not_connected) {
  auto stored = with_joined("r2", 10).slots();
  stored.push_back(*with_joined("r1", 20).find("r1"));
  slot_book book;
  book.restore(stored, monotonic_ns{77});
  ASSERT_EQ(book.size(), 2u);
  EXPECT_EQ(book.slots().front().id, "r1");
  EXPECT_FALSE(book.find("r2")->is_active);
  EXPECT_EQ(book.find("r2")->heard_at, monotonic_ns{77});
}

// What a snapshot needs is held from before it starts.
TEST(slot_book, pins_until_every_pin_is_released) {
  slot_book book;
  auto first = book.pin(lsn{10});
  auto second = book.pin(lsn{5});
  EXPECT_EQ(book.pinned_after(), lsn{5});
  book.unpin(second);
  EXPECT_EQ(book.pinned_after(), lsn{10});
  book.unpin(first);
  EXPECT_EQ(book.pinned_after(), std::nullopt);
}

} // namespace
} // namespace sluice::replication
