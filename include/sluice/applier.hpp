#pragma once

#include <sluice/record.hpp>

#include <caf/error.hpp>

#include <span>

namespace sluice {

/// What an embedder does with the records of a replica. Called by one actor of the
/// replica, one call at a time, in LSN order, without gaps; may block.
class applier {
public:
  virtual ~applier() = default;

  /// Everything through here has been applied before, in an earlier life too. Asked once,
  /// before the first `apply`. An applier that keeps this durable together with its state
  /// sees each record exactly once.
  virtual lsn applied() = 0;

  /// Applies all of `records` or none of them. After an error the same records come again
  /// later; the replica goes on making its log durable meanwhile.
  virtual caf::error apply(std::span<const record> records) = 0;
};

} // namespace sluice
