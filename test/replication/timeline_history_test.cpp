#include "replication/timeline_history.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

timeline_fork first(std::uint64_t id = 1) {
  return {timeline_id{id}, {}, {}};
}

timeline_fork child(std::uint64_t id, std::uint64_t parent, std::uint64_t fork) {
  return {timeline_id{id}, timeline_id{parent}, lsn{fork}, digest{fork * 10}};
}

// -- which histories there may be ------------------------------------------------------------

TEST(why_unsound, finds_nothing_in_the_history_of_any_promotions) {
  EXPECT_EQ(why_unsound({first()}), nullptr);
  EXPECT_EQ(why_unsound({first(7)}), nullptr);
  EXPECT_EQ(why_unsound({first(), child(2, 1, 0)}), nullptr);
  EXPECT_EQ(why_unsound({first(), child(2, 1, 100), child(5, 2, 100), child(6, 5, 150)}), nullptr);
}

// A forced promotion may pass over a branch that the candidate never was on.
TEST(why_unsound, lets_a_branch_go_that_nobody_follows) {
  EXPECT_EQ(why_unsound({first(), child(2, 1, 100), child(3, 1, 50)}), nullptr);
}

// No timeline, and a child that is its own parent. That the first one is
// timeline 1 is no rule here: an imported log begins on another.
TEST(why_unsound, refuses_what_no_promotion_makes) {
  EXPECT_NE(why_unsound({}), nullptr);
  EXPECT_NE(why_unsound({child(2, 1, 10)}), nullptr);
  EXPECT_NE(why_unsound({first(), child(1, 1, 10)}), nullptr);
  EXPECT_NE(why_unsound({first(), child(2, 2, 10)}), nullptr);
  EXPECT_NE(why_unsound({first(), child(2, 9, 10)}), nullptr);
  EXPECT_NE(why_unsound({first(), child(3, 1, 10), child(2, 3, 20)}), nullptr);
  EXPECT_NE(why_unsound({first(), first(2)}), nullptr);
}

TEST(why_unsound, refuses_a_fork_before_the_parent_had_begun) {
  EXPECT_NE(why_unsound({first(), child(2, 1, 100), child(3, 2, 99)}), nullptr);
  EXPECT_EQ(why_unsound({first(), child(2, 1, 100), child(3, 2, 100)}), nullptr);
}

// -- where a history left a timeline ------------------------------------------------------------

TEST(fork_of, is_where_the_first_child_on_the_line_begins) {
  std::vector history{first(), child(2, 1, 1000), child(3, 2, 1500)};
  EXPECT_EQ(fork_of(history, timeline_id{1}), (fork_point{lsn{1000}, digest{10000}}));
  EXPECT_EQ(fork_of(history, timeline_id{2}), (fork_point{lsn{1500}, digest{15000}}));
}

TEST(fork_of, knows_none_of_its_own_timeline_and_of_strangers) {
  std::vector history{first(), child(2, 1, 1000)};
  EXPECT_EQ(fork_of(history, timeline_id{2}), std::nullopt);
  EXPECT_EQ(fork_of(history, timeline_id{9}), std::nullopt);
  EXPECT_EQ(fork_of({}, timeline_id{1}), std::nullopt);
}

TEST(fork_of, passes_over_a_branch_that_nobody_follows) {
  std::vector history{first(), child(2, 1, 100), child(3, 1, 50)};
  EXPECT_EQ(fork_of(history, timeline_id{1}), (fork_point{lsn{50}, digest{500}}));
  EXPECT_EQ(fork_of(history, timeline_id{2}), std::nullopt);
}

// A node that follows a timeline need not hold what its parent wrote before it began.
TEST(timeline_at, is_the_ancestor_that_wrote_the_record) {
  std::vector history{first(), child(2, 1, 100), child(4, 2, 200)};
  EXPECT_EQ(timeline_at(history, timeline_id{4}, lsn{201}), timeline_id{4});
  EXPECT_EQ(timeline_at(history, timeline_id{4}, lsn{200}), timeline_id{4});
  EXPECT_EQ(timeline_at(history, timeline_id{4}, lsn{199}), timeline_id{2});
  EXPECT_EQ(timeline_at(history, timeline_id{4}, lsn{99}), timeline_id{1});
  EXPECT_EQ(timeline_at(history, timeline_id{2}, lsn{300}), timeline_id{2});
  EXPECT_EQ(timeline_at({}, timeline_id{2}, lsn{3}), timeline_id{2});
}

// -- how a node comes back -----------------------------------------------------------------

struct rejoining {
  std::vector<timeline_fork> history{first(), child(2, 1, 1000)};
  replica_content content = replica_content::log_only;
  lsn applied = no_lsn;

  std::string of(std::uint64_t timeline, std::uint64_t flushed) const {
    auto plan =
        plan_rejoin({history, timeline_id{timeline}, lsn{flushed}, applied, content, lsn{900}});
    if (std::holds_alternative<already_current>(plan))
      return "current";
    if (const auto* follow = std::get_if<follow_timeline>(&plan))
      return "follow " + to_string(follow->after);
    if (const auto* rewind = std::get_if<rewind_to>(&plan))
      return "rewind " + to_string(rewind->through);
    if (const auto* anew = std::get_if<rebootstrap_rejoin>(&plan))
      return "anew " + to_string(anew->cause);
    const auto& rejected = std::get<rejoin_rejected>(plan);
    EXPECT_FALSE(rejected.text.empty());
    return to_string(rejected.reason);
  }
};

TEST(plan_rejoin, rewinds_follows_or_begins_anew_by_where_the_node_stood_at_the_fork) {
  rejoining one;
  EXPECT_EQ(one.of(2, 1200), "current");
  EXPECT_EQ(one.of(1, 1200), "rewind 1000");
  EXPECT_EQ(one.of(1, 950), "follow 950");
  EXPECT_EQ(one.of(1, 850), "anew wal_removed");
}

// At the fork itself there is no tail: RedDB rewinds to where the node stands.
TEST(plan_rejoin, follows_from_the_fork_itself) {
  rejoining one;
  EXPECT_EQ(one.of(1, 1000), "follow 1000");
  EXPECT_EQ(one.of(1, 1001), "rewind 1000");
  EXPECT_EQ(one.of(1, 899), "follow 899");
  EXPECT_EQ(one.of(1, 898), "anew wal_removed");
}

TEST(plan_rejoin, goes_to_the_newest_timeline_over_several_promotions) {
  rejoining twice;
  twice.history.push_back(child(3, 2, 1500));
  EXPECT_EQ(twice.of(1, 1200), "rewind 1000");
  EXPECT_EQ(twice.of(2, 1600), "rewind 1500");
  EXPECT_EQ(twice.of(2, 1200), "follow 1200");
  EXPECT_EQ(twice.of(3, 1600), "current");
  twice.history.push_back(child(9, 3, 1500));
  EXPECT_EQ(twice.of(2, 1600), "rewind 1500");
  EXPECT_EQ(twice.of(3, 1600), "rewind 1500");
}

// RedDB clones it anew; ours loses nobody's records without being asked.
TEST(plan_rejoin, refuses_a_node_of_an_unknown_timeline) {
  EXPECT_EQ(rejoining{}.of(7, 1200), "diverged");
  EXPECT_EQ(rejoining{}.of(7, 10), "diverged");
  rejoining unknown;
  unknown.history.clear();
  EXPECT_EQ(unknown.of(1, 1200), "diverged");
}

TEST(plan_rejoin, cuts_and_skips_nothing_that_was_applied) {
  rejoining applying;
  applying.content = replica_content::applied_state;
  applying.applied = lsn{1000};
  EXPECT_EQ(applying.of(1, 1200), "rewind 1000");
  applying.applied = lsn{1001};
  EXPECT_EQ(applying.of(1, 1200), "needs_snapshot");
  EXPECT_EQ(applying.of(1, 850), "needs_snapshot");
  applying.content = replica_content::log_only;
  EXPECT_EQ(applying.of(1, 1200), "rewind 1000");
}

} // namespace
} // namespace sluice::replication
