#pragma once

#include "persistence/spool_reader.hpp"

#include <sluice/payload.hpp>
#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <optional>
#include <span>

namespace sluice::actors {

/// Where records that a retry expects to find already stand.
struct stored_append {
  sluice::term term;
  timeline_id timeline;
};

/// Whether exactly `records` stand in the log from `first` on, all of them durable; none
/// when other bytes do. Reads the disk.
/// @returns `errc::pruned` when they are no longer kept
caf::expected<std::optional<stored_append>> find_stored_append(persistence::spool_reader& reader,
                                                               lsn first,
                                                               std::span<const payload> records,
                                                               lsn durable);

} // namespace sluice::actors
