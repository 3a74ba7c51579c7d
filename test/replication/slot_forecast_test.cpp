#include "replication/slot_forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sluice::replication {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

class slot_forecast_of : public testing::Test {
protected:
  slot_forecast_of() {
    facts.log = &log;
    facts.declared = &declared;
    x.id = "r";
  }

  /// The log grows by `bytes_per_second` for so long, the slot stands still.
  void grow(std::uint64_t seconds, double bytes_per_second) {
    for (std::uint64_t i = 0; i < seconds; ++i) {
      now += second;
      bytes += bytes_per_second;
      records += 10;
      log = log_extent{{{lsn{1}, lsn{records}, static_cast<std::uint64_t>(bytes)}}};
      facts.now = monotonic_ns{now};
      growth.observe(facts.now, log.bytes_after(x.restart_lsn));
    }
  }

  slot_forecast told(bool holds_floor = false) const {
    return forecast(x, facts, growth, holds_floor);
  }

  log_extent log;
  members declared;
  retention_facts facts;
  growth_rate growth;
  slot x;
  std::uint64_t now = 100 * second;
  std::uint64_t records = 0;
  double bytes = 0;
};

TEST_F(slot_forecast_of, a_steady_log_is_right_at_once) {
  facts.slot_defaults.pinned_bytes_max = 1'000'000;
  grow(3, 1000);
  EXPECT_EQ(told().retained_bytes, 3000u);
  EXPECT_EQ(told().safe_bytes_left, 997'000u);
  EXPECT_NEAR(told().seconds_until_lost.value(), 997, 1);
}

TEST_F(slot_forecast_of, a_log_that_changes_its_pace_is_right_within_a_fifth_after_half_a_minute) {
  facts.slot_defaults.pinned_bytes_max = 100'000'000;
  grow(100, 1000);
  grow(30, 10'000);
  auto truth = static_cast<double>(*told().safe_bytes_left) / 10'000;
  EXPECT_NEAR(told().seconds_until_lost.value(), truth, truth / 5);
}

TEST_F(slot_forecast_of, a_log_that_comes_in_bursts_is_right_within_a_fifth) {
  facts.slot_defaults.pinned_bytes_max = 100'000'000;
  std::mt19937_64 random{4711};
  std::uniform_real_distribution<double> burst{500, 1500};
  for (int i = 0; i < 300; ++i)
    grow(1, burst(random));
  auto truth = static_cast<double>(*told().safe_bytes_left) / 1000;
  EXPECT_NEAR(told().seconds_until_lost.value(), truth, truth / 5);
}

TEST_F(slot_forecast_of, a_slot_that_keeps_up_is_not_on_its_way_to_anything) {
  facts.slot_defaults.pinned_bytes_max = 1'000'000;
  for (int i = 0; i < 30; ++i) {
    x.restart_lsn = lsn{records + 10};
    grow(1, 1000);
  }
  EXPECT_EQ(told().safe_bytes_left, 1'000'000u);
  EXPECT_EQ(told().seconds_until_lost, std::nullopt);
}

TEST_F(slot_forecast_of, a_limit_in_records_is_told_in_bytes) {
  facts.slot_defaults.pinned_records_max = 100;
  grow(5, 1000);
  EXPECT_EQ(told().safe_bytes_left, 5000u);
  EXPECT_NEAR(told().seconds_until_lost.value(), 5, 0.1);
}

TEST_F(slot_forecast_of, an_absent_replica_is_lost_for_its_absence_when_that_comes_first) {
  facts.slot_defaults = {1'000'000'000, 0, std::chrono::hours{1}};
  x.heard_at = monotonic_ns{now};
  grow(600, 1000);
  EXPECT_NEAR(told().seconds_until_lost.value(), 3000, 1);
}

TEST_F(slot_forecast_of, a_full_volume_is_a_limit_of_the_slot_that_holds_the_floor) {
  facts.room = {60'000, 10'000};
  grow(5, 1000);
  EXPECT_EQ(told(true).safe_bytes_left, 50'000u);
  EXPECT_NEAR(told(true).seconds_until_lost.value(), 50, 1);
  EXPECT_EQ(told(false), (slot_forecast{5000, {}, {}}));
}

TEST_F(slot_forecast_of, a_slot_that_was_given_up_has_nothing_left_to_lose) {
  facts.slot_defaults.pinned_bytes_max = 1'000'000;
  grow(3, 1000);
  x.invalidated = slot_invalidation{};
  EXPECT_EQ(told(), (slot_forecast{3000, {}, {}}));
}

} // namespace
} // namespace sluice::replication
