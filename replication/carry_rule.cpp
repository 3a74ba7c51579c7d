#include "replication/carry_rule.hpp"

namespace sluice::replication {

bool may_carry_over(const append_outcome& outcome, bool is_stamped) {
  if (const auto* failed = std::get_if<append_failed>(&outcome))
    return failed->code == errc::fenced || failed->code == errc::not_primary
           || failed->code == errc::closed;
  return is_stamped && std::holds_alternative<outcome_unknown>(outcome);
}

} // namespace sluice::replication
