#pragma once

#include <sluice/payload.hpp>
#include <sluice/types.hpp>

namespace sluice {

/// One record as a reader or an applier sees it.
struct record {
  sluice::lsn lsn;
  sluice::term term;
  timeline_id timeline;
  timestamp_ms timestamp;
  payload bytes;

  friend bool operator==(const record&, const record&) = default;
};

} // namespace sluice
