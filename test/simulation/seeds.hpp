#pragma once

#include <cstdint>
#include <cstdlib>

namespace sluice::test {

/// What the environment says of the seeds to play (docs/TESTING.md, "Seeds").
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

inline bool is_soak() {
  return number_from("SLUICE_SOAK", 0) == 1;
}

} // namespace sluice::test
