#include "messages/codec_slot_limits.hpp"

#include "wire.pb.h"

#include <algorithm>

namespace sluice::messages {

void fill_limits(const slot_limit_overrides& x, wire::SlotLimits& twin) {
  if (x.pinned_bytes_max)
    twin.set_bytes_max(*x.pinned_bytes_max);
  if (x.pinned_records_max)
    twin.set_records_max(*x.pinned_records_max);
  if (x.idle_timeout)
    twin.set_idle_timeout_ms(
        static_cast<std::uint64_t>(std::max<std::int64_t>(x.idle_timeout->count(), 0)));
}

slot_limit_overrides read_limits(const wire::SlotLimits& twin) {
  constexpr std::uint64_t milliseconds_max = INT64_MAX / 1'000'000;
  slot_limit_overrides x;
  if (twin.has_bytes_max())
    x.pinned_bytes_max = twin.bytes_max();
  if (twin.has_records_max())
    x.pinned_records_max = twin.records_max();
  if (twin.has_idle_timeout_ms())
    x.idle_timeout = std::chrono::milliseconds{static_cast<std::int64_t>(
        std::min<std::uint64_t>(twin.idle_timeout_ms(), milliseconds_max))};
  return x;
}

} // namespace sluice::messages
