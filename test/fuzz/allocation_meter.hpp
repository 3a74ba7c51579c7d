#pragma once

#include <cstdint>

namespace sluice::test {

/// How many bytes this program has asked `operator new` for so far, freed or not.
std::uint64_t bytes_allocated();

} // namespace sluice::test
