#pragma once

#include <sluice/types.hpp>

namespace sluice::persistence {

/// Stamps records and files, decides nothing.
class wall_clock {
public:
  virtual ~wall_clock() = default;
  virtual timestamp_ms now() = 0;
};

/// The machine's clock. Lives as long as the process; thread safe.
wall_clock& system_wall_clock();

} // namespace sluice::persistence
