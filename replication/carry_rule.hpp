#pragma once

#include <sluice/outcome.hpp>

namespace sluice::replication {

/// Whether an append that this node answered so may be made at the node that is the primary by
/// now, without being in the log twice: nothing was written, for this node is not the primary, is
/// deposed or changes its role; or nobody knows, and a stamp makes a second try harmless.
bool may_carry_over(const append_outcome& outcome, bool is_stamped);

} // namespace sluice::replication
