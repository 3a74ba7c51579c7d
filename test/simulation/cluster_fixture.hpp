#pragma once

#include "test/support/simulated_cluster.hpp"

#include <gtest/gtest.h>

namespace sluice::test {

/// A simulated cluster, and what scenarios of nodes that come back to it have in common.
struct cluster_fixture : testing::Test {
  explicit cluster_fixture(cluster_choices choices) : cluster(5, std::move(choices)) {}

  void append(int count) {
    for (int i = 0; i < count; ++i) {
      auto answered = cluster.submit(append_of({std::string(700, 'r')}));
      cluster.network().advance(std::chrono::milliseconds{20});
      ASSERT_EQ(answered->times, 1u);
    }
  }

  void go_on(int half_seconds) {
    for (int i = 0; i < half_seconds; ++i) {
      cluster.tend();
      cluster.network().advance(std::chrono::milliseconds{500});
    }
  }

  void catch_up() { go_on(100); }

  /// Of the spools that the cluster's nodes open.
  static persistence::spool_options spool_options() {
    persistence::spool_options options;
    options.segment_bytes = 16 * 1024;
    options.record_bytes_max = options.segment_bytes / 4;
    return options;
  }

  /// The replica ends where the primary does, with the same history.
  void expect_equal(std::size_t replica) {
    auto there = cluster.positions(0);
    auto here = cluster.positions(replica);
    ASSERT_TRUE(there && here);
    EXPECT_EQ(here->durable, there->durable);
    EXPECT_EQ(here->tail, there->tail);
  }

  simulated_cluster cluster;
};

} // namespace sluice::test
