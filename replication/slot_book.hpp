#pragma once

#include "replication/positions.hpp"
#include "replication/slot.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::replication {

inline constexpr std::size_t slots_max_default = 1000;

/// What became of a command on a slot.
enum class slot_outcome : std::uint8_t {
  done,
  bad_id,
  already_exists,
  not_found,
  /// There are as many slots as the limit allows.
  too_many,
};

/// What a replica that joins made of its slot.
enum class slot_joined : std::uint8_t {
  /// The slot is as it was: nothing to store.
  kept,
  created,
  /// Another directory, or one that has lost data: the slot begins again at the hello.
  reset,
  /// It had been given up and is valid again.
  revived,
  too_many,
};

/// Now, by both clocks.
struct moment {
  monotonic_ns now;
  /// For people; decides nothing.
  timestamp_ms wall;
};

/// All slots of a primary, by id. Owned by the slot registry. Promises: positions only grow
/// within one directory of a replica; restart >= flushed >= applied; a slot that was given
/// up does not move. Knows nothing of the disk: who changes a slot stores it.
class slot_book {
public:
  explicit slot_book(std::size_t slots_max = slots_max_default) : slots_max_(slots_max) {}

  /// Takes over what was stored, as not connected; replaces what is here.
  void restore(std::vector<slot> stored, monotonic_ns now);

  /// A slot for a replica that has not joined yet: keeps what follows `after`. Its `limits`
  /// stay with it until it is dropped.
  slot_outcome create(const std::string& id, lsn after, moment at,
                      const slot_limit_overrides& limits = {});
  slot_outcome drop(std::string_view id);
  /// Makes it valid again, whatever it was, keeping what follows `after`.
  slot_outcome reset(std::string_view id, lsn after, moment at);

  /// A replica joins that holds everything through `flushed` and is streamed what follows.
  /// Never moves a replica forward: the slot follows what the replica has.
  slot_joined join(const std::string& id, storage_id storage, lsn flushed, moment at);

  /// Moves a valid slot by an accepted ack; false when it stays where it is.
  bool advance(std::string_view id, storage_id storage, const positions& at, moment when);

  /// Its replica's session ended.
  void disconnect(std::string_view id, monotonic_ns now);

  /// False when it is unknown or has been given up before.
  bool invalidate(std::string_view id, invalidation_cause cause, timestamp_ms at);

  /// Keeps what follows `after` until `unpin`, whatever slots say.
  std::uint64_t pin(lsn after);
  void unpin(std::uint64_t pin);
  std::optional<lsn> pinned_after() const;

  /// Sorted by id.
  const std::vector<slot>& slots() const { return slots_; }
  const slot* find(std::string_view id) const;
  std::size_t size() const { return slots_.size(); }

private:
  slot* find_mutable(std::string_view id);
  slot& insert(slot x);

  std::size_t slots_max_;
  std::vector<slot> slots_;
  std::map<std::uint64_t, lsn> pins_;
  std::uint64_t last_pin_ = 0;
};

} // namespace sluice::replication
