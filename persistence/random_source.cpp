#include "persistence/random_source.hpp"

#include <random>

namespace sluice::persistence {

namespace {

class entropy_reader final : public random_source {
public:
  std::uint64_t next() override {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }
};

} // namespace

random_source& system_random() {
  static entropy_reader source;
  return source;
}

} // namespace sluice::persistence
