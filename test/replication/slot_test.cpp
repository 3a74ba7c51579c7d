#include "replication/slot.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using std::chrono::seconds;

constexpr monotonic_ns at_second(std::uint64_t second) {
  return monotonic_ns{second * 1'000'000'000};
}

TEST(invalidation_cause, is_read_as_it_is_written) {
  for (auto cause : {invalidation_cause::horizon, invalidation_cause::idle_timeout,
                     invalidation_cause::wal_removed, invalidation_cause::disk_pressure})
    EXPECT_EQ(parse_invalidation_cause(to_string(cause)), cause);
  EXPECT_EQ(parse_invalidation_cause("none"), std::nullopt);
}

TEST(invalidation_cause, is_read_as_reddb_writes_it) {
  EXPECT_EQ(parse_invalidation_cause("wal-removed"), invalidation_cause::wal_removed);
  EXPECT_EQ(parse_invalidation_cause("idle-timeout"), invalidation_cause::idle_timeout);
}

TEST(slot, is_idle_since_its_replica_was_heard_in_this_life_and_before) {
  slot x;
  x.heard_at = at_second(100);
  EXPECT_EQ(idle_time(x, at_second(130)), seconds{30});
  x.idle_before = seconds{5};
  EXPECT_EQ(idle_time(x, at_second(130)), seconds{35});
}

TEST(slot, is_not_idle_while_its_replica_is_connected_or_was_heard_later) {
  slot x;
  x.heard_at = at_second(100);
  EXPECT_EQ(idle_time(x, at_second(90)), seconds{0});
  x.is_active = true;
  EXPECT_EQ(idle_time(x, at_second(130)), seconds{0});
}

} // namespace
} // namespace sluice::replication
