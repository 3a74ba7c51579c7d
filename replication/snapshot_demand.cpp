#include "replication/snapshot_demand.hpp"

#include <algorithm>

namespace sluice::replication {

void snapshot_demand::hold(const std::string& id) {
  absent_.erase(id);
  present_.insert(id);
}

void snapshot_demand::leave(const std::string& id, monotonic_ns now) {
  if (present_.erase(id) == 0)
    return;
  std::erase_if(absent_, [now](const auto& entry) { return entry.second <= now; });
  auto until = later(now, kept_for_);
  if (absent_.size() < absent_max)
    absent_[id] = until;
  else
    kept_until_ = std::max(kept_until_, until);
}

void snapshot_demand::release(std::string_view id) {
  if (auto position = present_.find(id); position != present_.end())
    present_.erase(position);
  if (auto position = absent_.find(id); position != absent_.end())
    absent_.erase(position);
}

void snapshot_demand::inherit(monotonic_ns now) {
  kept_until_ = later(now, kept_for_);
}

void snapshot_demand::clear() {
  present_.clear();
  absent_.clear();
  kept_until_ = {};
}

bool snapshot_demand::is_needed(monotonic_ns now) const {
  return is_sending() || kept_until_ > now
         || std::ranges::any_of(absent_, [now](const auto& entry) { return entry.second > now; });
}

} // namespace sluice::replication
