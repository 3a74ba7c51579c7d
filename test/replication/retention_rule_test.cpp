#include "replication/retention_rule.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sluice::replication {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

slot at(const std::string& id, std::uint64_t restart) {
  slot x;
  x.id = id;
  x.restart_lsn = lsn{restart};
  x.confirmed_flush_lsn = x.restart_lsn;
  return x;
}

slot given_up(slot x) {
  x.invalidated = slot_invalidation{};
  return x;
}

/// A segment for each record but the last of 100 bytes each.
log_extent one_each(std::uint64_t first, std::uint64_t last) {
  std::vector<segment_extent> segments;
  for (auto i = first; i <= last; ++i)
    segments.push_back({lsn{i}, lsn{i}, 100, timestamp_ms{1000 * i}});
  return log_extent{std::move(segments)};
}

class plan_retention_of : public testing::Test {
protected:
  plan_retention_of() {
    facts.log = &log;
    facts.declared = &declared;
  }

  retention_plan plan(const std::vector<slot>& slots) const { return plan_retention(slots, facts); }

  log_extent log = one_each(1, 6);
  members declared;
  retention_facts facts;
};

TEST_F(plan_retention_of, slots_follows_the_slowest) {
  EXPECT_EQ(plan({at("fast", 5), at("slow", 2)}).prune_through, lsn{2});
  EXPECT_EQ(plan({at("fast", 5), at("slow", 6)}).prune_through, lsn{5});
}

TEST_F(plan_retention_of, a_new_slot_keeps_what_follows_it) {
  log = one_each(1, 8);
  auto planned = plan({at("new", 5)});
  EXPECT_EQ(planned.prune_through, lsn{5});
  EXPECT_TRUE(planned.lost.empty());
}

// RedDB's limit is in records
TEST_F(plan_retention_of, a_slot_past_its_limit_releases_the_log) {
  facts.slot_defaults.pinned_records_max = 3;
  auto planned = plan({at("fast", 6), at("slow", 0)});
  EXPECT_EQ(planned.lost, (std::vector<lost_slot>{{"slow", invalidation_cause::horizon}}));
  EXPECT_EQ(planned.prune_through, lsn{6});
}

TEST_F(plan_retention_of, a_slot_at_its_limit_keeps_it) {
  facts.slot_defaults.pinned_records_max = 6;
  facts.slot_defaults.pinned_bytes_max = 600;
  EXPECT_TRUE(plan({at("slow", 0)}).lost.empty());
  facts.slot_defaults.pinned_bytes_max = 599;
  EXPECT_EQ(plan({at("slow", 0)}).lost,
            (std::vector<lost_slot>{{"slow", invalidation_cause::horizon}}));
}

TEST_F(plan_retention_of, slots_tells_each_cause) {
  log = one_each(2, 6);
  EXPECT_EQ(plan({at("r", 0)}).lost,
            (std::vector<lost_slot>{{"r", invalidation_cause::wal_removed}}));
  EXPECT_TRUE(plan({at("r", 1)}).lost.empty());
  facts.slot_defaults.idle_timeout = milliseconds{10};
  auto silent = at("r", 4);
  silent.heard_at = monotonic_ns{1'000'000};
  facts.now = monotonic_ns{11'000'000};
  EXPECT_TRUE(plan({silent}).lost.empty());
  facts.now = monotonic_ns{12'000'000};
  EXPECT_EQ(plan({silent}).lost, (std::vector<lost_slot>{{"r", invalidation_cause::idle_timeout}}));
}

TEST_F(plan_retention_of, a_declared_member_is_not_given_up_for_its_absence) {
  declared = *members::make({"p", "r"});
  facts.slot_defaults = {0, 0, milliseconds{10}};
  facts.now = monotonic_ns{3'600'000'000'000};
  EXPECT_TRUE(plan({at("r", 4)}).lost.empty());
  EXPECT_EQ(plan({at("other", 4)}).lost.size(), 1u);
}

TEST_F(plan_retention_of, a_connected_replica_is_never_idle) {
  facts.slot_defaults.idle_timeout = milliseconds{10};
  facts.now = monotonic_ns{3'600'000'000'000};
  auto connected = at("r", 4);
  connected.is_active = true;
  EXPECT_TRUE(plan({connected}).lost.empty());
}

// Where RedDB compared wall clocks.
TEST_F(plan_retention_of, a_step_of_the_wall_clock_gives_up_nobody) {
  facts.slot_defaults.idle_timeout = hours{24};
  for (auto wall : {timestamp_ms{0}, timestamp_ms{90'000'000'000}}) {
    auto x = at("r", 4);
    x.last_seen = wall;
    EXPECT_TRUE(plan({x}).lost.empty());
  }
}

TEST_F(plan_retention_of, a_slot_may_have_limits_of_its_own) {
  facts.slot_defaults.pinned_bytes_max = 100;
  auto patient = at("r", 0);
  patient.limits = {1000, 0, milliseconds{0}};
  EXPECT_TRUE(plan({patient}).lost.empty());
}

TEST_F(plan_retention_of, a_limit_of_its_own_leaves_a_slot_the_other_ones_of_the_node) {
  facts.slot_defaults.pinned_bytes_max = 100;
  auto brief = at("r", 0);
  brief.limits.pinned_records_max = 1'000;
  EXPECT_EQ(plan({brief}).lost.size(), 1u) << "bytes";
  EXPECT_EQ(limits_of(brief, {100, 5, hours{1}}, {}), (slot_limits{100, 1'000, hours{1}}));
  brief.limits.idle_timeout = milliseconds{0};
  EXPECT_EQ(limits_of(brief, {100, 5, hours{1}}, {}), (slot_limits{100, 1'000, milliseconds{0}}));
}

// Where RedDB pruned what was archived.
TEST_F(plan_retention_of, a_log_without_slots_is_never_pruned) {
  facts.room = {10, 1000};
  EXPECT_EQ(plan({}), retention_plan{});
}

TEST_F(plan_retention_of, slots_that_were_given_up_hold_nothing) {
  EXPECT_EQ(plan({given_up(at("r1", 1)), at("r2", 4)}).prune_through, lsn{4});
  EXPECT_EQ(plan({given_up(at("r1", 1))}).prune_through, lsn{6});
}

// Whatever else needs the log holds it
TEST_F(plan_retention_of, snapshots_and_the_archive_hold_the_log) {
  facts.pinned_after = lsn{3};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{3});
  facts.archived_through = lsn{2};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{2});
}

TEST_F(plan_retention_of, the_least_that_is_kept_is_kept) {
  facts.limits.retain_bytes_min = 250;
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{3});
  facts.limits.retain_bytes_min = 1000;
  EXPECT_EQ(plan({at("r", 6)}).prune_through, no_lsn);
}

TEST_F(plan_retention_of, what_is_younger_than_the_age_to_keep_is_kept) {
  facts.limits.retain_age = std::chrono::milliseconds{2500};
  facts.wall_now = timestamp_ms{6000};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{2}) << "segment 2 ended at 3000";
  facts.wall_now = timestamp_ms{5500};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{2});
  facts.wall_now = timestamp_ms{5499};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{1});
  facts.wall_now = timestamp_ms{2000};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, no_lsn);
  facts.wall_now = timestamp_ms{1'000'000};
  EXPECT_EQ(plan({at("r", 6)}).prune_through, lsn{5}) << "the last is still written to";
}

// Within what slots have released, room counts more
TEST_F(plan_retention_of, a_full_volume_is_given_what_is_only_kept_for_comfort) {
  facts.limits.retain_bytes_min = 1000;
  facts.limits.retain_age = std::chrono::hours{1};
  facts.room = {50, 100};
  EXPECT_EQ(plan({at("r", 4)}), (retention_plan{{}, lsn{4}}));
}

TEST_F(plan_retention_of, a_full_volume_costs_the_slots_that_hold_back_what_it_lacks) {
  facts.room = {50, 200};
  auto planned = plan({at("dead", 0), at("far", 1), at("near", 3), at("top", 6)});
  EXPECT_EQ(planned.lost, (std::vector<lost_slot>{{"dead", invalidation_cause::disk_pressure},
                                                  {"far", invalidation_cause::disk_pressure}}));
  EXPECT_EQ(planned.prune_through, lsn{3});
}

TEST_F(plan_retention_of, a_full_volume_costs_nobody_when_it_gains_nothing) {
  facts.room = {50, 200};
  facts.pinned_after = no_lsn;
  EXPECT_TRUE(plan({at("dead", 0)}).lost.empty());
  facts.pinned_after.reset();
  // It only needs what is in the segment that is written to, and that cannot go.
  EXPECT_TRUE(plan({at("top", 5)}).lost.empty());
}

TEST(slot_floor, is_the_least_of_the_valid_slots) {
  EXPECT_EQ(slot_floor({at("a", 400), at("b", 250)}), lsn{250});
  EXPECT_EQ(slot_floor({at("a", 400), given_up(at("b", 250))}), lsn{400});
  EXPECT_EQ(slot_floor({given_up(at("b", 250))}), std::nullopt);
}

} // namespace
} // namespace sluice::replication
