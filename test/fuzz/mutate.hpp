#pragma once

#include <random>
#include <string>
#include <vector>

namespace sluice::test {

/// `input` with one to four of: bits flipped, bytes replaced, cut out, cut off, inserted or
/// repeated, a number of any width made extreme, a varint blown up, a part of another seed.
std::string mutated(std::string input, const std::vector<std::string>& seeds,
                    std::mt19937_64& random);

} // namespace sluice::test
