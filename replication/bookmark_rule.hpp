#pragma once

#include <sluice/bookmark.hpp>

#include <cstdint>

namespace sluice::replication {

/// What a node that has applied through a position can do for a read at a bookmark.
enum class bookmark_verdict : std::uint8_t {
  /// Everything through the bookmark is applied here.
  serve,
  /// Not yet.
  wait,
  /// The bookmark is of another branch of the history: what stands at its LSN here may be
  /// another record, or the branch has not reached this node.
  other_timeline,
};

/// @param applied how far the node is; the bookmark's timeline {0} is that of the node
bookmark_verdict judge_bookmark(const bookmark& at, const bookmark& applied);

} // namespace sluice::replication
