#include "test/fuzz/seeds.hpp"
#include "test/fuzz/targets.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

/// usage: write_fuzz_seeds DIR; makes DIR/TARGET/SEED-NUMBER, what each fuzzer begins with.
int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: write_fuzz_seeds DIR\n");
    return 2;
  }
  for (const auto& target : sluice::test::fuzz_targets()) {
    auto directory = std::filesystem::path{words[1]} / target.name;
    std::filesystem::create_directories(directory);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      auto number = 0;
      for (const auto& input : sluice::test::seeds_of(target.name, seed)) {
        auto name = std::to_string(seed) + "-" + std::to_string(++number);
        if (!(std::ofstream{directory / name, std::ios::binary} << input)) {
          std::fprintf(stderr, "%s: cannot be written\n", (directory / name).c_str());
          return 1;
        }
      }
    }
  }
  return 0;
}
