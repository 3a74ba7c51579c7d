#include "replication/slot.hpp"

namespace sluice::replication {

std::string to_string(invalidation_cause cause) {
  switch (cause) {
  case invalidation_cause::horizon: return "horizon";
  case invalidation_cause::idle_timeout: return "idle_timeout";
  case invalidation_cause::wal_removed: return "wal_removed";
  case invalidation_cause::disk_pressure: return "disk_pressure";
  }
  return "unknown";
}

std::optional<invalidation_cause> parse_invalidation_cause(std::string_view text) {
  if (text == "horizon")
    return invalidation_cause::horizon;
  if (text == "idle_timeout" || text == "idle-timeout")
    return invalidation_cause::idle_timeout;
  if (text == "wal_removed" || text == "wal-removed")
    return invalidation_cause::wal_removed;
  if (text == "disk_pressure")
    return invalidation_cause::disk_pressure;
  return std::nullopt;
}

std::chrono::nanoseconds idle_time(const slot& x, monotonic_ns now) {
  return x.is_active ? std::chrono::nanoseconds{0} : x.idle_before + elapsed(x.heard_at, now);
}

} // namespace sluice::replication
