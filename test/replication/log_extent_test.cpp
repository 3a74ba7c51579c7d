#include "replication/log_extent.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

/// Three segments of 100 bytes: 1-10, 11-20 and, still written to, 21-30.
log_extent three_segments() {
  return log_extent{{{lsn{1}, lsn{10}, 100}, {lsn{11}, lsn{20}, 100}, {lsn{21}, lsn{30}, 100}}};
}

TEST(log_extent, knows_the_bytes_after_a_position) {
  auto log = three_segments();
  EXPECT_EQ(log.oldest(), lsn{1});
  EXPECT_EQ(log.last(), lsn{30});
  EXPECT_EQ(log.bytes_after(no_lsn), 300u);
  EXPECT_EQ(log.bytes_after(lsn{10}), 200u);
  EXPECT_EQ(log.bytes_after(lsn{15}), 150u);
  EXPECT_EQ(log.bytes_after(lsn{30}), 0u);
  EXPECT_EQ(log.bytes_after(lsn{99}), 0u);
}

TEST(log_extent, counts_no_more_than_is_kept) {
  log_extent pruned{{{lsn{11}, lsn{20}, 100}, {lsn{21}, lsn{30}, 100}}};
  EXPECT_EQ(pruned.bytes_after(no_lsn), 200u);
  EXPECT_EQ(pruned.bytes_after(lsn{5}), 200u);
}

// What the slowest has passed goes, in whole segments.
TEST(log_extent, gives_back_whole_segments_and_never_the_last) {
  auto log = three_segments();
  EXPECT_EQ(log.bytes_freed(lsn{9}), 0u);
  EXPECT_EQ(log.bytes_freed(lsn{10}), 100u);
  EXPECT_EQ(log.bytes_freed(lsn{30}), 200u);
  EXPECT_EQ(log.last_freed(lsn{9}), no_lsn);
  EXPECT_EQ(log.last_freed(lsn{19}), lsn{10});
  EXPECT_EQ(log.last_freed(lsn{30}), lsn{20});
  EXPECT_EQ(log.through_to_free(0), no_lsn);
  EXPECT_EQ(log.through_to_free(1), lsn{10});
  EXPECT_EQ(log.through_to_free(101), lsn{20});
  EXPECT_EQ(log.through_to_free(1000), lsn{20});
}

TEST(log_extent, keeps_at_least_what_is_asked) {
  auto log = three_segments();
  EXPECT_EQ(log.through_to_keep(0), lsn{20});
  EXPECT_EQ(log.through_to_keep(101), lsn{10});
  EXPECT_EQ(log.through_to_keep(201), no_lsn);
}

TEST(log_extent, of_an_empty_log_holds_nothing) {
  log_extent empty;
  EXPECT_EQ(empty.bytes_after(no_lsn), 0u);
  EXPECT_EQ(empty.bytes_freed(lsn{9}), 0u);
  EXPECT_EQ(empty.through_to_keep(0), no_lsn);
  EXPECT_EQ(empty.oldest(), lsn{1});
}

} // namespace
} // namespace sluice::replication
