#include "replication/handover_rule.hpp"

namespace sluice::replication {

handover_verdict judge_handover(const handover_target& target, const members& declared, lsn durable,
                                const handover_limits& limits) {
  if (!declared.empty() && !declared.contains(target.id))
    return handover_to_stranger{};
  if (!target.is_known)
    return handover_not_following{handover_obstacle::not_joined};
  if (!target.slot_valid)
    return handover_not_following{handover_obstacle::slot_lost};
  if (target.rebootstrapping)
    return handover_not_following{handover_obstacle::starts_over};
  if (!target.is_connected)
    return handover_not_following{handover_obstacle::not_connected};
  if (target.lag_bytes > limits.lag_bytes_max)
    return handover_too_far_behind{distance(target.flushed, durable), target.lag_bytes};
  return handover_possible{};
}

handover_step next_handover_step(const handover_progress& now, const handover_limits& limits) {
  if (!now.complete_for)
    return now.paused_for < limits.catch_up_within ? handover_step::wait : handover_step::give_up;
  auto is_settled = now.commits_waiting == 0 || *now.complete_for >= limits.commits_within;
  return is_settled ? handover_step::hand_over : handover_step::wait;
}

} // namespace sluice::replication
