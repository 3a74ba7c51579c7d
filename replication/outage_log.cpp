#include "replication/outage_log.hpp"

namespace sluice::replication {

outage_news outage_log::failed(const std::string& reason, monotonic_ns now) {
  auto first = failures_ == 0;
  if (first)
    since_ = now;
  ++failures_;
  last_reason_ = reason;
  auto is_new = said_.size() < reasons_max && said_.insert(reason).second;
  if (first)
    return outage_news::began;
  return is_new ? outage_news::changed : outage_news::goes_on;
}

std::optional<ended_outage> outage_log::succeeded(monotonic_ns now) {
  if (failures_ == 0)
    return std::nullopt;
  ended_outage ended{elapsed(since_, now), failures_, last_reason_};
  *this = {};
  return ended;
}

} // namespace sluice::replication
