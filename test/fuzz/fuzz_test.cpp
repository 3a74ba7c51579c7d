#include "test/fuzz/allocation_meter.hpp"
#include "test/fuzz/mutate.hpp"
#include "test/fuzz/seeds.hpp"
#include "test/fuzz/targets.hpp"

#include <caf/binary_serializer.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

/// The fuzz targets without a fuzzer: over what the library writes itself, and over a fixed
/// number of mutations of it.
namespace sluice::test {

/// Found by GoogleTest when it prints a parameter.
void PrintTo(const fuzz_target& target, std::ostream* to) {
  *to << target.name;
}

namespace {

/// For error texts and the like, which do not grow with the input.
constexpr std::uint64_t allocation_base = 64 * 1024;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

int run(const fuzz_target& target, const std::string& input) {
  return target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

class fuzz : public testing::TestWithParam<fuzz_target> {};

TEST_P(fuzz, takes_what_the_library_wrote) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto seeds = seeds_of(GetParam().name, seed);
    ASSERT_FALSE(seeds.empty());
    for (std::size_t i = 0; i < seeds.size(); ++i)
      EXPECT_EQ(run(GetParam(), seeds[i]), 1) << "input " << i << " of seed " << seed;
  }
}

TEST_P(fuzz, keeps_its_promises_for_any_input) {
  auto only = number_from("SLUICE_SEED", 0);
  auto first = only != 0 ? only : 1;
  auto rounds =
      only != 0 ? 1
                : number_from("SLUICE_SEEDS", number_from("SLUICE_SOAK", 0) == 1 ? 10'000 : 100);
  std::uint64_t taken = 0;
  for (auto seed = first; seed < first + rounds; ++seed) {
    // A crash says nothing by itself: this line names what to replay.
    std::printf("replay it with SLUICE_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    auto seeds = seeds_of(GetParam().name, seed);
    std::mt19937_64 random{seed};
    for (int i = 0; i < 200; ++i) {
      auto input = mutated(seeds[random() % seeds.size()], seeds, random);
      auto before = bytes_allocated();
      taken += static_cast<std::uint64_t>(run(GetParam(), input));
      auto allocated = bytes_allocated() - before;
      ASSERT_LE(allocated, allocation_base + GetParam().allocation_factor * input.size()
                               + GetParam().allocation_fixed)
          << input.size() << " bytes of input";
    }
  }
  EXPECT_GT(taken, 0u) << "no mutation is decoded: nothing behind the first check was tried";
}

INSTANTIATE_TEST_SUITE_P(targets, fuzz,
                         testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         [](const auto& where) { return std::string{where.param.name}; });

TEST(fuzz_targets, the_same_seed_gives_the_same_input) {
  for (const auto& target : fuzz_targets()) {
    auto seeds = seeds_of(target.name, 7);
    EXPECT_EQ(seeds, seeds_of(target.name, 7));
    std::mt19937_64 one{7};
    std::mt19937_64 other{7};
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(mutated(seeds.front(), seeds, one), mutated(seeds.front(), seeds, other));
  }
}

TEST(fuzz_targets, allocations_are_counted) {
  auto before = bytes_allocated();
  std::string text(100'000, 'x');
  EXPECT_GE(bytes_allocated() - before, text.size());
}

TEST(fuzz_targets, a_length_that_is_only_claimed_inside_a_message_allocates_nothing) {
  // A hello whose identity claims 128 MiB, and in it a name that claims 32 MiB.
  std::string twin("\x1a\x80\x80\x80\x40\x0a\x80\x80\x80\x10node", 14);
  std::vector<char> bytes(1, '\0');
  caf::binary_serializer sink{nullptr, bytes};
  sink.seek(1);
  ASSERT_FALSE(sink(twin));
  std::string input{bytes.begin(), bytes.end()};
  auto before = bytes_allocated();
  EXPECT_EQ(fuzz_wire(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()), 0);
  EXPECT_LT(bytes_allocated() - before, allocation_base);
}

} // namespace

} // namespace sluice::test
