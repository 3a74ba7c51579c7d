#include "test/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(sluice::test::SLUICE_FUZZ_TARGET(data, size));
  // Others than 0 have no meaning to every version of libFuzzer.
  return 0;
}
