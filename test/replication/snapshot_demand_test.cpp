#include "replication/snapshot_demand.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

monotonic_ns at(std::chrono::seconds x) {
  return later(monotonic_ns{1}, x);
}

using std::chrono::minutes;
using std::chrono::seconds;

TEST(snapshot_demand, is_that_of_whoever_is_sent_it) {
  snapshot_demand demand{minutes{10}};
  EXPECT_FALSE(demand.is_needed(at(seconds{0})));
  demand.hold("a");
  demand.hold("b");
  EXPECT_TRUE(demand.is_sending());
  EXPECT_TRUE(demand.is_needed(at(minutes{100})));
  demand.release("a");
  EXPECT_TRUE(demand.is_needed(at(seconds{0})));
  demand.release("b");
  EXPECT_FALSE(demand.is_needed(at(seconds{0})));
}

TEST(snapshot_demand, lasts_for_a_while_of_who_broke_off) {
  snapshot_demand demand{minutes{10}};
  demand.hold("a");
  demand.leave("a", at(minutes{1}));
  EXPECT_FALSE(demand.is_sending());
  EXPECT_TRUE(demand.is_needed(at(minutes{11} - seconds{1})));
  EXPECT_FALSE(demand.is_needed(at(minutes{11})));
  demand.hold("a");
  EXPECT_TRUE(demand.is_needed(at(minutes{30})));
  demand.leave("a", at(minutes{30}));
  demand.release("a");
  EXPECT_FALSE(demand.is_needed(at(minutes{30})));
}

TEST(snapshot_demand, of_who_never_was_sent_it_is_none) {
  snapshot_demand demand{minutes{10}};
  demand.leave("a", at(seconds{0}));
  demand.release("b");
  EXPECT_FALSE(demand.is_needed(at(seconds{0})));
}

TEST(snapshot_demand, is_inherited_for_as_long) {
  snapshot_demand demand{minutes{10}};
  demand.inherit(at(seconds{0}));
  EXPECT_FALSE(demand.is_sending());
  EXPECT_TRUE(demand.is_needed(at(minutes{9})));
  EXPECT_FALSE(demand.is_needed(at(minutes{10})));
  demand.inherit(at(seconds{0}));
  demand.clear();
  EXPECT_FALSE(demand.is_needed(at(seconds{0})));
}

TEST(snapshot_demand, knows_so_many_names_and_no_more) {
  snapshot_demand demand{minutes{10}};
  for (std::size_t i = 0; i <= snapshot_demand::absent_max; ++i) {
    demand.hold(std::to_string(i));
    demand.leave(std::to_string(i), at(seconds{0}));
  }
  for (std::size_t i = 0; i <= snapshot_demand::absent_max; ++i)
    demand.release(std::to_string(i));
  EXPECT_TRUE(demand.is_needed(at(minutes{9}))) << "the last one's name was not kept";
  EXPECT_FALSE(demand.is_needed(at(minutes{10})));
}

} // namespace
} // namespace sluice::replication
