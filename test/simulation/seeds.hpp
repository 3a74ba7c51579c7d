#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <set>

namespace sluice::test {

/// What the environment says of the seeds to play (docs/TESTING.md, "Seeds").
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

inline bool is_soak() {
  return number_from("SLUICE_SOAK", 0) == 1;
}

/// P10: `play(seed)` gives what it gave before, and another seed something else.
template <class Play>
void expect_the_same_again(Play play) {
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 1001; seed <= 1006; ++seed) {
    auto once = play(seed);
    auto again = play(seed);
    EXPECT_EQ(once.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(once.committed, again.committed) << "seed " << seed;
    traces.insert(once.trace);
  }
  EXPECT_EQ(traces.size(), 6u) << "different seeds must explore different runs";
}

} // namespace sluice::test
