#pragma once

#include <sluice/append.hpp>
#include <sluice/payload.hpp>
#include <sluice/types.hpp>

#include <optional>
#include <vector>

namespace sluice::persistence {

/// One append as it enters a batch: its records stand together, all or none.
struct append_entry {
  std::vector<payload> records;
  timestamp_ms timestamp;
  std::optional<producer_stamp> producer;
  std::optional<sluice::ownership_epoch> ownership_epoch;
};

} // namespace sluice::persistence
