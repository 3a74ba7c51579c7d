#include "test/simulation/promotion_run.hpp"
#include "test/simulation/seeds.hpp"

namespace sluice::test {

namespace {

role_choices choices_of(std::uint64_t seed) {
  role_choices choices;
  if (seed % 4 == 0)
    choices.nodes = 5;
  if (seed % 4 == 1) {
    choices.nodes = 2;
    choices.has_members = false;
  }
  if (choices.has_members && seed % 3 == 0)
    choices.floor = policy_quorum{};
  return choices;
}

promotion_report play_seed(std::uint64_t seed) {
  return promotion_run{seed, choices_of(seed)}.play();
}

TEST(promotions_under_faults, keep_their_promises) {
  auto only = number_from("SLUICE_SEED", 0);
  auto first = only != 0 ? only : 1;
  auto count = only != 0 ? 1 : number_from("SLUICE_SEEDS", is_soak() ? 50'000 : 250);
  promotion_report sum;
  for (auto seed = first; seed < first + count; ++seed) {
    auto run = play_seed(seed);
    ASSERT_EQ(run.broken, "") << "replay it with SLUICE_SEED=" << seed;
    sum.committed += run.committed;
    sum.crashes += run.crashes;
    sum.promotions += run.promotions;
    sum.role_changes += run.role_changes;
    sum.tails_aside += run.tails_aside;
  }
  std::printf(
      "%llu seeds, %llu commits, %llu crashes, %llu promotions, %llu role changes, "
      "%llu records put aside\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(sum.committed),
      static_cast<unsigned long long>(sum.crashes), static_cast<unsigned long long>(sum.promotions),
      static_cast<unsigned long long>(sum.role_changes),
      static_cast<unsigned long long>(sum.tails_aside));
  if (count >= 100) {
    EXPECT_GT(sum.committed, 5 * count) << "the faults leave nothing to check";
    EXPECT_GT(sum.promotions, count / 2);
    EXPECT_GT(sum.tails_aside, count / 10);
  }
}

TEST(two_promotions_at_once, make_at_most_one_committer_of_a_term) {
  auto only = number_from("SLUICE_SEED", 0);
  auto first = only != 0 ? only : 1;
  std::uint64_t promotions = 0;
  for (auto seed = first; seed < first + (only != 0 ? 1 : 10); ++seed) {
    auto run = promotion_run{seed, {}}.play_duels(20);
    ASSERT_EQ(run.broken, "") << "replay it with SLUICE_SEED=" << seed;
    promotions += run.promotions;
  }
  EXPECT_GT(promotions, only != 0 ? 0u : 50u);
}

TEST(promotions_under_faults, do_the_same_again_for_the_same_seed) {
  expect_the_same_again(play_seed);
}

} // namespace

} // namespace sluice::test
