#include "test/support/memory_vfs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

/// The simulated disk itself.
namespace sluice::test {
namespace {

using namespace persistence;

const std::vector<std::string> names{"a", "b", "c", "d"};

/// Which files keep what was never synced, when they were made in this order.
std::string left_by_a_power_cut(memory_vfs& disk, const std::vector<std::string>& order) {
  EXPECT_FALSE(disk.create_directories("/d"));
  // Files that stay open keep their place in memory.
  std::vector<std::unique_ptr<file>> open;
  for (const auto& name : order) {
    auto made = disk.open("/d/" + name, open_mode::create_exclusive);
    EXPECT_TRUE(made);
    open.push_back(std::move(*made));
  }
  EXPECT_FALSE(disk.sync_directory("/d"));
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::string_view parts[] = {order[i]};
    EXPECT_FALSE(open[i]->write_at(0, parts));
  }
  disk.cut_power();
  std::string left;
  for (const auto& name : names)
    left += disk.content("/d/" + name) + ",";
  return left;
}

// P10: a replay has its files elsewhere in memory.
TEST(memory_vfs, loses_the_same_for_the_same_seed_wherever_its_files_are) {
  auto backwards = names;
  std::reverse(backwards.begin(), backwards.end());
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    memory_vfs one{seed};
    memory_vfs other{seed};
    EXPECT_EQ(left_by_a_power_cut(one, names), left_by_a_power_cut(other, backwards));
  }
}

} // namespace
} // namespace sluice::test
