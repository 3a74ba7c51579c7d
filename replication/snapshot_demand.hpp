#pragma once

#include "replication/monotonic_time.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace sluice::replication {

/// For whom a snapshot that stands ready is kept: for the replicas that it is being sent to, and
/// for a while for those that broke off, so that they go on where they were. Owned by who keeps
/// it.
class snapshot_demand {
public:
  /// Of so many that broke off the names are known; for others it is kept its whole time.
  static constexpr std::size_t absent_max = 1000;

  explicit snapshot_demand(std::chrono::milliseconds kept_for = std::chrono::minutes{10})
      : kept_for_(kept_for) {}

  /// It is being sent to `id`.
  void hold(const std::string& id);
  /// `id` broke off and may come back.
  void leave(const std::string& id, monotonic_ns now);
  /// `id` has it, or wants it no more.
  void release(std::string_view id);
  /// An earlier life of the node has made it: for whom is not known.
  void inherit(monotonic_ns now);
  void clear();

  /// Somebody is being sent it at this moment.
  bool is_sending() const { return !present_.empty(); }
  bool is_needed(monotonic_ns now) const;

private:
  std::chrono::milliseconds kept_for_;
  std::set<std::string, std::less<>> present_;
  /// Until when it is kept for each.
  std::map<std::string, monotonic_ns, std::less<>> absent_;
  /// The same for those whose names are not known.
  monotonic_ns kept_until_;
};

} // namespace sluice::replication
