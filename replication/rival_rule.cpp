#include "replication/rival_rule.hpp"

namespace sluice::replication {

std::string rival_of(const std::string& primary, sluice::term term, const followed_terms& known) {
  if (!known.has_members && term == known.granted_term && !known.granted_to.empty()
      && known.granted_to != primary)
    return known.granted_to;
  if (term != known.term)
    return {};
  // An import, or an earlier version, left no name.
  for (const auto& each : known.history)
    if (each.term == term && !each.node.empty() && each.node != primary)
      return each.node;
  return {};
}

rival_verdict judge_rival(const serving_primary& own, const serving_primary& seen,
                          bool has_members) {
  if (seen.term > own.term)
    return rival_verdict::deposed;
  if (seen.term < own.term || seen.node == own.node || seen.node.empty() || has_members)
    return rival_verdict::none;
  return own.node < seen.node ? rival_verdict::outlasts : rival_verdict::yields;
}

} // namespace sluice::replication
