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

/// The same with states, and so little log that who was away gets one of another.
role_choices choices_with_states(std::uint64_t seed) {
  auto choices = choices_of(seed);
  choices.slot_bytes_max = 4 * 1024;
  return choices;
}

promotion_report play_seed(std::uint64_t seed) {
  return promotion_run{seed, choices_of(seed)}.play();
}

promotion_report play_seed_with_states(std::uint64_t seed) {
  return promotion_run{seed, choices_with_states(seed)}.play();
}

/// Plays the seeds that the environment names, or so many; the sum of what they did.
promotion_report play_seeds(promotion_report (*play)(std::uint64_t), std::uint64_t otherwise) {
  auto only = number_from("SLUICE_SEED", 0);
  auto first = only != 0 ? only : 1;
  auto count = only != 0 ? 1 : number_from("SLUICE_SEEDS", is_soak() ? 200 * otherwise : otherwise);
  promotion_report sum;
  sum.seeds = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    auto run = play(seed);
    if (!run.broken.empty()) {
      sum.broken = "SLUICE_SEED=" + std::to_string(seed) + " replays it: " + run.broken;
      return sum;
    }
    ++sum.seeds;
    sum.committed += run.committed;
    sum.crashes += run.crashes;
    sum.promotions += run.promotions;
    sum.role_changes += run.role_changes;
    sum.tails_aside += run.tails_aside;
    sum.states_replaced += run.states_replaced;
  }
  std::printf(
      "%llu seeds, %llu commits, %llu crashes, %llu promotions, %llu role changes, "
      "%llu records put aside, %llu states replaced\n",
      static_cast<unsigned long long>(sum.seeds), static_cast<unsigned long long>(sum.committed),
      static_cast<unsigned long long>(sum.crashes), static_cast<unsigned long long>(sum.promotions),
      static_cast<unsigned long long>(sum.role_changes),
      static_cast<unsigned long long>(sum.tails_aside),
      static_cast<unsigned long long>(sum.states_replaced));
  return sum;
}

/// Of a number of runs that must have met enough to mean anything.
void expect_enough(const promotion_report& sum) {
  EXPECT_GT(sum.committed, 5 * sum.seeds) << "the faults leave nothing to check";
  EXPECT_GT(sum.promotions, sum.seeds / 2);
  EXPECT_GT(sum.tails_aside, sum.seeds / 10);
}

TEST(promotions_under_faults, keep_their_promises) {
  auto sum = play_seeds(play_seed, 250);
  ASSERT_EQ(sum.broken, "");
  if (sum.seeds >= 100)
    expect_enough(sum);
}

// A node promoted before it was told how its timeline came about; a slot that was given up before
// its session was known.
TEST(promotions_under_faults, keep_their_promises_where_they_once_did_not) {
  for (std::uint64_t seed : {657, 3432})
    EXPECT_EQ(play_seed_with_states(seed).broken, "") << seed;
}

TEST(promotions_under_faults, keep_their_promises_to_states) {
  auto sum = play_seeds(play_seed_with_states, 150);
  ASSERT_EQ(sum.broken, "");
  if (sum.seeds >= 100) {
    expect_enough(sum);
    EXPECT_GT(sum.states_replaced, sum.seeds / 10);
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
  expect_the_same_again(play_seed_with_states);
}

} // namespace

} // namespace sluice::test
