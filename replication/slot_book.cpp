#include "replication/slot_book.hpp"

#include <algorithm>
#include <utility>

namespace sluice::replication {

namespace {

bool is_before(const slot& x, std::string_view id) {
  return x.id < id;
}

/// Begins again with what follows `after`.
void begin_at(slot& x, lsn after, moment at) {
  x.restart_lsn = after;
  x.confirmed_flush_lsn = std::min(x.confirmed_flush_lsn, after);
  x.confirmed_apply_lsn = std::min(x.confirmed_apply_lsn, after);
  x.invalidated.reset();
  x.heard_at = at.now;
  x.idle_before = std::chrono::milliseconds{0};
}

} // namespace

void slot_book::restore(std::vector<slot> stored, monotonic_ns now) {
  slots_ = std::move(stored);
  for (auto& x : slots_) {
    x.is_active = false;
    x.heard_at = now;
  }
  std::sort(slots_.begin(), slots_.end(), [](const slot& a, const slot& b) { return a.id < b.id; });
}

slot_outcome slot_book::create(const std::string& id, lsn after, moment at,
                               const slot_limit_overrides& limits) {
  if (!is_valid_name(id))
    return slot_outcome::bad_id;
  if (find(id) != nullptr)
    return slot_outcome::already_exists;
  if (slots_.size() >= slots_max_)
    return slot_outcome::too_many;
  slot x;
  x.id = id;
  x.limits = limits;
  begin_at(x, after, at);
  insert(std::move(x));
  return slot_outcome::done;
}

slot_outcome slot_book::drop(std::string_view id) {
  auto* known = find_mutable(id);
  if (known == nullptr)
    return slot_outcome::not_found;
  slots_.erase(slots_.begin() + (known - slots_.data()));
  return slot_outcome::done;
}

slot_outcome slot_book::reset(std::string_view id, lsn after, moment at) {
  auto* known = find_mutable(id);
  if (known == nullptr)
    return slot_outcome::not_found;
  begin_at(*known, after, at);
  return slot_outcome::done;
}

slot_joined slot_book::join(const std::string& id, storage_id storage, lsn flushed, moment at) {
  auto* known = find_mutable(id);
  auto result = slot_joined::kept;
  if (known == nullptr) {
    if (slots_.size() >= slots_max_)
      return slot_joined::too_many;
    slot fresh;
    fresh.id = id;
    known = &insert(std::move(fresh));
    result = slot_joined::created;
  } else if (known->storage != storage || flushed < known->restart_lsn) {
    result = slot_joined::reset;
  } else if (!known->is_valid()) {
    result = slot_joined::revived;
  }
  if (result != slot_joined::kept) {
    known->storage = storage;
    begin_at(*known, flushed, at);
    // What it has applied, its acks will tell.
    if (result != slot_joined::revived)
      known->confirmed_apply_lsn = no_lsn;
  }
  known->restart_lsn = std::max(known->restart_lsn, flushed);
  known->confirmed_flush_lsn = flushed;
  known->is_active = true;
  known->heard_at = at.now;
  known->idle_before = std::chrono::milliseconds{0};
  known->last_seen = at.wall;
  return result;
}

bool slot_book::advance(std::string_view id, storage_id storage, const positions& at, moment when) {
  auto* known = find_mutable(id);
  if (known == nullptr || known->storage != storage || !known->is_valid())
    return false;
  known->heard_at = std::max(known->heard_at, when.now);
  known->last_seen = when.wall;
  auto has_moved =
      at.flushed > known->confirmed_flush_lsn || at.applied > known->confirmed_apply_lsn;
  known->confirmed_flush_lsn = std::max(known->confirmed_flush_lsn, at.flushed);
  known->confirmed_apply_lsn =
      std::min(std::max(known->confirmed_apply_lsn, at.applied), known->confirmed_flush_lsn);
  known->restart_lsn = std::max(known->restart_lsn, known->confirmed_flush_lsn);
  return has_moved;
}

void slot_book::disconnect(std::string_view id, monotonic_ns now) {
  if (auto* known = find_mutable(id)) {
    known->is_active = false;
    known->heard_at = std::max(known->heard_at, now);
  }
}

bool slot_book::invalidate(std::string_view id, invalidation_cause cause, timestamp_ms at) {
  auto* known = find_mutable(id);
  if (known == nullptr || !known->is_valid())
    return false;
  known->invalidated = slot_invalidation{cause, at};
  return true;
}

std::uint64_t slot_book::pin(lsn after) {
  pins_.emplace(++last_pin_, after);
  return last_pin_;
}

void slot_book::unpin(std::uint64_t pin) {
  pins_.erase(pin);
}

std::optional<lsn> slot_book::pinned_after() const {
  std::optional<lsn> least;
  for (const auto& [pin, after] : pins_)
    least = std::min(least.value_or(after), after);
  return least;
}

const slot* slot_book::find(std::string_view id) const {
  auto position = std::lower_bound(slots_.begin(), slots_.end(), id, is_before);
  return position != slots_.end() && position->id == id ? &*position : nullptr;
}

slot* slot_book::find_mutable(std::string_view id) {
  return const_cast<slot*>(find(id));
}

slot& slot_book::insert(slot x) {
  auto position = std::lower_bound(slots_.begin(), slots_.end(), x.id, is_before);
  return *slots_.insert(position, std::move(x));
}

} // namespace sluice::replication
