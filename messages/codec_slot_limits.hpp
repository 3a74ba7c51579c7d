#pragma once

#include <sluice/slot_limits.hpp>

namespace sluice::wire {
class SlotLimits;
}

namespace sluice::messages {

/// Sets what `x` has.
void fill_limits(const slot_limit_overrides& x, wire::SlotLimits& twin);

/// A time that no clock counts in nanoseconds is the longest that it does.
slot_limit_overrides read_limits(const wire::SlotLimits& twin);

} // namespace sluice::messages
