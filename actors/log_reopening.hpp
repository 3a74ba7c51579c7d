#pragma once

#include "actors/context.hpp"
#include "persistence/spool.hpp"

#include <sluice/errc.hpp>
#include <sluice/frame_batch.hpp>

#include <caf/expected.hpp>

#include <functional>
#include <memory>
#include <vector>

/// What the owner of a log does alike on both roles when it opens it again after a failed write
/// (ADR 12).
namespace sluice::actors {

/// Whether the next try may succeed although nobody mends anything.
bool is_passing(errc code);

/// What was opened, unless it holds less than was acknowledged.
caf::expected<std::shared_ptr<persistence::spool>>
not_shorter_than(lsn acknowledged, caf::expected<std::shared_ptr<persistence::spool>> opened);

/// Reads what was written by the group that failed and has turned out to be whole: the
/// batches after `told` through `durable`, in order. Blocks on the disk.
caf::error read_recovered(const node_context& context, lsn told, lsn durable,
                          const std::function<void(std::vector<frame_batch>)>& each);

} // namespace sluice::actors
