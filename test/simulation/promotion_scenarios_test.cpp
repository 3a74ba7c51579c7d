#include "persistence/diverged_tails.hpp"
#include "test/support/role_cluster.hpp"

#include <gtest/gtest.h>

/// Promotions by story: what RedDB's tests ask for, and what seeds of promotion_run have found.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using link = role_cluster::link;
using power = role_cluster::power;

role_choices of(std::size_t nodes, bool has_members) {
  role_choices choices;
  choices.nodes = nodes;
  choices.has_members = has_members;
  return choices;
}

struct promoted_nodes {
  explicit promoted_nodes(role_choices choices, std::uint64_t seed = 1)
      : cluster(seed, std::move(choices)) {
    pass(seconds{2});
  }

  /// Roles are changed as they come up.
  void pass(seconds duration) {
    for (auto left = duration * 4; left > seconds{0}; left -= seconds{1}) {
      cluster.network().advance(milliseconds{250});
      for (std::size_t slot = 0; slot < cluster.size(); ++slot)
        if (cluster.is_running(slot)) {
          EXPECT_FALSE(cluster.change_role(slot));
        }
      cluster.tend();
    }
  }

  errc promote(std::size_t slot) {
    auto told = cluster.tell(slot, messages::control_command::promote);
    pass(seconds{6});
    EXPECT_TRUE(told->reply);
    return told->reply ? told->reply->code : errc::timed_out;
  }

  answer_ptr append(std::size_t slot, std::string text, commit_policy policy = policy_local{}) {
    auto answered = cluster.submit(slot, append_under(std::move(policy), std::move(text)));
    pass(seconds{1});
    return answered;
  }

  void part(std::size_t one, std::size_t other, link what = link::refused) {
    cluster.set_link(one, other, what);
    cluster.set_link(other, one, what);
  }

  std::vector<record> log_of(std::size_t slot) {
    return records_in(cluster.disk(slot), data_directory, no_lsn, cluster.status(slot)->durable);
  }

  /// `primary` serves in `term`, and all others hold what it holds.
  void expect_all_follow(std::size_t primary, sluice::term term) {
    pass(seconds{30});
    for (std::size_t slot = 0; slot < cluster.size(); ++slot) {
      auto seen = cluster.status(slot);
      ASSERT_TRUE(seen);
      EXPECT_EQ(seen->role, slot == primary ? "primary" : "replica") << slot;
      EXPECT_EQ(seen->state, "serving") << slot << ": " << seen->failure;
      EXPECT_EQ(seen->term, term) << slot;
      EXPECT_EQ(log_of(slot), log_of(primary)) << slot;
    }
  }

  role_cluster cluster;
};

TEST(promoted_node, writes_on_a_timeline_of_its_own) {
  promoted_nodes nodes{of(3, true)};
  nodes.append(0, "before", policy_quorum{});
  ASSERT_EQ(nodes.promote(1), errc::ok);
  auto answered = nodes.append(1, "after", policy_quorum{});
  ASSERT_TRUE(answered->as_committed());
  EXPECT_EQ(answered->as_committed()->timeline, timeline_id{2});
  nodes.expect_all_follow(1, term{2});
  auto log = nodes.log_of(2);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].timeline, timeline_id{1});
  EXPECT_EQ(log[1].timeline, timeline_id{2});
}

// Five nodes, of which three have granted a term.
TEST(promotion, of_a_minority_fails_also_when_a_grantor_has_restarted) {
  promoted_nodes nodes{of(5, true)};
  nodes.append(0, "a", policy_quorum{});
  for (std::size_t minority : {0, 1})
    for (std::size_t other : {2, 3, 4})
      nodes.part(minority, other);
  ASSERT_EQ(nodes.promote(2), errc::ok);
  EXPECT_EQ(nodes.promote(1), errc::no_majority);
  nodes.cluster.crash(3, power::lost_with_all_that_is_unsynced);
  ASSERT_FALSE(nodes.cluster.start(3));
  auto held = nodes.cluster.candidacy(3);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->granted_term, term{2});
  EXPECT_EQ(nodes.promote(1), errc::no_majority);
  for (std::size_t minority : {0, 1})
    for (std::size_t other : {2, 3, 4})
      nodes.part(minority, other, link::open);
  nodes.expect_all_follow(2, term{2});
}

// Its directory knew nobody when it was opened, and its successor has no reason to come.
TEST(deposed_primary, in_its_first_life_finds_the_replica_that_succeeded_it) {
  promoted_nodes nodes{of(2, false)};
  nodes.append(0, "shared");
  nodes.part(0, 1);
  ASSERT_EQ(nodes.promote(1), errc::ok);
  nodes.append(0, "lost");
  nodes.append(1, "kept");
  nodes.part(0, 1, link::open);
  auto term_of_successor = nodes.cluster.status(1)->term;
  nodes.expect_all_follow(1, term_of_successor);
  EXPECT_EQ(persistence::list_diverged_tails(nodes.cluster.disk(0), data_directory)->size(), 1u);
}

// The primary went on from where it stood, and never was on the branch that the other one made.
TEST(branch, that_nobody_went_on_with_is_put_aside_and_its_node_follows) {
  promoted_nodes nodes{of(2, false)};
  for (int i = 0; i < 5; ++i)
    nodes.append(0, "shared " + std::to_string(i));
  nodes.part(0, 1);
  ASSERT_EQ(nodes.promote(1), errc::ok);
  for (int i = 0; i < 30; ++i)
    nodes.append(1, "abandoned " + std::to_string(i));
  nodes.append(0, "kept");
  // It hears of the higher term, and of nothing more.
  nodes.part(0, 1, link::open);
  for (int turn = 0; turn < 10'000 && !nodes.cluster.is_changing_role(0); ++turn)
    if (!nodes.cluster.network().step())
      nodes.cluster.network().advance(milliseconds{100});
  ASSERT_TRUE(nodes.cluster.is_changing_role(0));
  nodes.cluster.crash(1, power::kept);
  nodes.pass(seconds{5});
  ASSERT_EQ(nodes.promote(0), errc::ok);
  nodes.append(0, "new");
  ASSERT_FALSE(nodes.cluster.start(1));
  nodes.expect_all_follow(0, nodes.cluster.status(0)->term);
  EXPECT_EQ(nodes.log_of(1).size(), 7u);
  auto tails = persistence::list_diverged_tails(nodes.cluster.disk(1), data_directory);
  ASSERT_TRUE(tails);
  ASSERT_EQ(tails->size(), 1u);
  EXPECT_EQ(tails->front().fork, lsn{5});
  EXPECT_EQ(tails->front().records, 30u);
}

// The one that goes on has less than the branch shares with what was before: no timeline says where
// the two part.
TEST(branch, is_cut_exactly_where_it_parts_from_who_knew_less) {
  // By chance: the term that node 1 takes is the higher one.
  promoted_nodes nodes{of(3, false), 2};
  for (int i = 0; i < 23; ++i)
    nodes.append(0, "shared " + std::to_string(i));
  nodes.part(1, 0);
  nodes.part(1, 2);
  for (int i = 0; i < 40; ++i)
    nodes.append(0, "more " + std::to_string(i));
  nodes.cluster.crash(0, power::kept);
  ASSERT_EQ(nodes.promote(2), errc::ok);
  for (int i = 0; i < 200; ++i)
    nodes.append(2, "abandoned " + std::to_string(i));
  auto abandoned = nodes.cluster.status(2)->term;
  nodes.cluster.crash(2, power::kept);
  ASSERT_EQ(nodes.promote(1), errc::ok);
  ASSERT_GT(nodes.cluster.status(1)->term, abandoned);
  nodes.append(1, "other");
  nodes.part(1, 0, link::open);
  nodes.part(1, 2, link::open);
  ASSERT_FALSE(nodes.cluster.start(2));
  ASSERT_FALSE(nodes.cluster.start(0));
  nodes.expect_all_follow(1, nodes.cluster.status(1)->term);
  for (std::size_t slot : {0, 2}) {
    auto tails = persistence::list_diverged_tails(nodes.cluster.disk(slot), data_directory);
    ASSERT_TRUE(tails);
    ASSERT_EQ(tails->size(), 1u);
    EXPECT_EQ(tails->front().fork, lsn{23}) << slot;
  }
}

} // namespace

} // namespace sluice::test
