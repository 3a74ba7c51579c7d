#pragma once

#include <cstdint>

namespace sluice::persistence {

/// Numbers that nobody can foretell: segment salts, storage ids.
class random_source {
public:
  virtual ~random_source() = default;
  virtual std::uint64_t next() = 0;
};

/// The operating system's entropy. Lives as long as the process; thread safe.
random_source& system_random();

} // namespace sluice::persistence
