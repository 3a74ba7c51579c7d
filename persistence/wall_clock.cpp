#include "persistence/wall_clock.hpp"

#include <chrono>

namespace sluice::persistence {

namespace {

class system_clock_reader final : public wall_clock {
public:
  timestamp_ms now() override {
    auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
    return timestamp_ms{ms < 0 ? 0 : static_cast<std::uint64_t>(ms)};
  }
};

} // namespace

wall_clock& system_wall_clock() {
  static system_clock_reader clock;
  return clock;
}

} // namespace sluice::persistence
