#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

/// Inputs that the target of that name decodes: what the library itself wrote, and texts as
/// people write them. The same for the same `seed`; nothing of it is stored anywhere.
std::vector<std::string> seeds_of(std::string_view target, std::uint64_t seed);

} // namespace sluice::test
