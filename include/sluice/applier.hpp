#pragma once

#include <sluice/record.hpp>

#include <caf/error.hpp>

#include <filesystem>
#include <span>

namespace sluice {

/// What an embedder does with the records of a node. Called by one actor of the node, one
/// call at a time, in LSN order, without gaps; may block. A replica gives it what it has
/// durable, and a primary likewise; with declared members both give it what has committed
/// under `quorum`, and nothing else.
class applier {
public:
  virtual ~applier() = default;

  /// The node has entered its directory and is the only one in it: a state that stands
  /// beside the log is opened here. Called by whoever opens the node, each time it is opened,
  /// before anything else. An error refuses the node's opening, with the same words.
  virtual caf::error open(const std::filesystem::path& directory) {
    static_cast<void>(directory);
    return {};
  }

  /// Everything through here has been applied before, in an earlier life too. Asked before
  /// the first `apply`. An applier that keeps this durable together with its state sees each
  /// record exactly once.
  virtual lsn applied() = 0;

  /// Applies all of `records` or none of them. After an error the same records come again
  /// later; the node goes on making its log durable meanwhile.
  virtual caf::error apply(std::span<const record> records) = 0;
};

} // namespace sluice
