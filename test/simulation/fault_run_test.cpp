#include "test/simulation/fault_run.hpp"
#include "test/simulation/seeds.hpp"

#include <set>

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
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 1001; seed <= 1006; ++seed) {
    auto once = play_seed(seed);
    auto again = play_seed(seed);
    EXPECT_EQ(once.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(once.committed, again.committed) << "seed " << seed;
    traces.insert(once.trace);
  }
  EXPECT_EQ(traces.size(), 6u) << "different seeds must explore different runs";
}

} // namespace

} // namespace sluice::test
