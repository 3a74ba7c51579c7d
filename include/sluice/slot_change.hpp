#pragma once

#include <cstdint>

namespace sluice {

/// What an operator asks a primary to do with a replica's slot, by the replica's id.
enum class slot_change : std::uint8_t {
  /// A slot for a replica that has not joined yet: keeps everything that is still there.
  /// It alone may be given limits. `errc::already_exists` when there is one.
  create,
  /// Forgets it, and what it holds back may be pruned. `errc::in_use` while its replica is
  /// connected, `errc::not_found` without it.
  drop,
  /// Makes it valid again at the oldest LSN. Where slots may be missing it also says that
  /// none is: pruning goes on. `errc::not_found` without it.
  reset,
  /// Forgets the replica; its slot stays. `errc::not_found` when none has joined under it.
  detach_replica,
};

} // namespace sluice
