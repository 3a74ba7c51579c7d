#include "replication/switchover_rule.hpp"

namespace sluice::replication {

switchover_step settle_switchover(const switchover_view& seen) {
  const auto& [former, target, has_members, is_pause_over, is_target_lost] = seen;
  if (target.is_reachable && target.is_primary)
    return target.is_serving ? switchover_step::done : switchover_step::wait;
  if (!former.is_reachable)
    return switchover_step::wait;
  if (former.is_primary)
    return former.is_serving && is_pause_over ? switchover_step::unchanged : switchover_step::wait;
  if (target.is_reachable)
    return switchover_step::promote_target;
  return has_members && is_target_lost ? switchover_step::promote_former : switchover_step::wait;
}

} // namespace sluice::replication
