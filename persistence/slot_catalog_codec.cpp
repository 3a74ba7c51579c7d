#include "persistence/slot_catalog_codec.hpp"

#include "persistence/sealed_message.hpp"

#include <sluice/errc.hpp>

#include "slot_catalog.pb.h"

namespace sluice::persistence {

namespace {

using replication::invalidation_cause;
using replication::slot;

constexpr sealed_format format{slot_catalog_magic, slot_catalog_version, "slot catalog"};
constexpr auto last_cause = invalidation_cause::disk_pressure;

std::uint64_t count_of(std::chrono::milliseconds x) {
  return x.count() > 0 ? static_cast<std::uint64_t>(x.count()) : 0;
}

std::chrono::milliseconds milliseconds_of(std::uint64_t count) {
  constexpr std::uint64_t most = INT64_MAX / 1'000'000;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(count, most))};
}

void to_stored(const slot& from, stored::Slot& to) {
  to.set_id(from.id);
  to.set_storage(from.storage.value);
  to.set_restart_lsn(from.restart_lsn.value);
  to.set_confirmed_flush_lsn(from.confirmed_flush_lsn.value);
  to.set_confirmed_apply_lsn(from.confirmed_apply_lsn.value);
  if (from.invalidated) {
    to.set_invalidation_cause(static_cast<std::uint32_t>(from.invalidated->cause));
    to.set_invalidated_at_ms(from.invalidated->at.value);
  }
  if (!from.limits.is_empty()) {
    auto& limits = *to.mutable_limits();
    if (from.limits.pinned_bytes_max)
      limits.set_pinned_bytes_max(*from.limits.pinned_bytes_max);
    if (from.limits.pinned_records_max)
      limits.set_pinned_records_max(*from.limits.pinned_records_max);
    if (from.limits.idle_timeout)
      limits.set_idle_timeout_ms(count_of(*from.limits.idle_timeout));
  }
  to.set_idle_ms(count_of(from.idle_before));
  to.set_last_seen_ms(from.last_seen.value);
}

slot from_stored(const stored::Slot& from) {
  slot to;
  to.id = from.id();
  to.storage = storage_id{from.storage()};
  to.restart_lsn = lsn{from.restart_lsn()};
  to.confirmed_flush_lsn = lsn{from.confirmed_flush_lsn()};
  to.confirmed_apply_lsn = lsn{from.confirmed_apply_lsn()};
  if (from.invalidation_cause() != 0)
    to.invalidated =
        replication::slot_invalidation{static_cast<invalidation_cause>(from.invalidation_cause()),
                                       timestamp_ms{from.invalidated_at_ms()}};
  const auto& limits = from.limits();
  if (limits.has_pinned_bytes_max())
    to.limits.pinned_bytes_max = limits.pinned_bytes_max();
  if (limits.has_pinned_records_max())
    to.limits.pinned_records_max = limits.pinned_records_max();
  if (limits.has_idle_timeout_ms())
    to.limits.idle_timeout = milliseconds_of(limits.idle_timeout_ms());
  to.idle_before = milliseconds_of(from.idle_ms());
  to.last_seen = timestamp_ms{from.last_seen_ms()};
  return to;
}

/// What the slot book never makes.
const char* fault_of(const slot& x) {
  if (!is_valid_name(x.id))
    return "a slot without a valid id";
  if (x.restart_lsn < x.confirmed_flush_lsn || x.confirmed_flush_lsn < x.confirmed_apply_lsn)
    return "a slot's positions are not ordered";
  if (x.invalidated && (x.invalidated->cause > last_cause))
    return "a slot has an unknown invalidation cause";
  return nullptr;
}

} // namespace

std::string encode(const slot_catalog_copy& copy) {
  stored::SlotCatalog catalog;
  for (const auto& x : copy.list.slots)
    to_stored(x, *catalog.add_slots());
  catalog.set_incomplete(copy.list.incomplete);
  return seal(format, copy.generation, catalog);
}

caf::expected<slot_catalog_copy> decode_slot_catalog(std::string_view bytes) {
  stored::SlotCatalog catalog;
  auto generation = unseal(format, bytes, catalog);
  if (!generation)
    return generation.error();
  slot_catalog_copy copy;
  copy.generation = *generation;
  copy.list.incomplete = catalog.incomplete();
  for (const auto& x : catalog.slots()) {
    copy.list.slots.push_back(from_stored(x));
    if (const auto* reason = fault_of(copy.list.slots.back()))
      return make_error(errc::corruption, reason);
  }
  return copy;
}

} // namespace sluice::persistence
