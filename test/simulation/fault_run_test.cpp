#include "test/simulation/fault_run.hpp"
#include "test/simulation/seeds.hpp"

namespace sluice::test {

namespace {

TEST(cluster_under_faults, keeps_its_promises) {
  auto only = number_from("SLUICE_SEED", 0);
  auto first = only != 0 ? only : 1;
  auto count = only != 0 ? 1 : number_from("SLUICE_SEEDS", is_soak() ? 100'000 : 1'000);
  run_report sum;
  for (auto seed = first; seed < first + count; ++seed) {
    auto run = play_seed(seed);
    ASSERT_EQ(run.broken, "") << "replay it with SLUICE_SEED=" << seed;
    sum.committed += run.committed;
    sum.faults += run.faults;
    sum.crashes += run.crashes;
    sum.steps += run.steps;
  }
  std::printf("%llu seeds, %llu steps, %llu commits, %llu faults, %llu crashes\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(sum.steps),
              static_cast<unsigned long long>(sum.committed),
              static_cast<unsigned long long>(sum.faults),
              static_cast<unsigned long long>(sum.crashes));
  if (count >= 100) {
    EXPECT_GT(sum.committed, count) << "the faults leave nothing to check";
    EXPECT_GT(sum.crashes, count / 2);
  }
}

TEST(cluster_under_faults, does_the_same_again_for_the_same_seed) {
  expect_the_same_again(play_seed);
}

} // namespace

} // namespace sluice::test
