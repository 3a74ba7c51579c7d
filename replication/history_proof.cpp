#include "replication/history_proof.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

constexpr std::uint64_t first_distance = 16;
constexpr std::uint64_t growth = 4;
constexpr std::size_t forks_max = 24;

} // namespace

std::vector<lsn> positions_to_prove(lsn oldest, lsn flushed, const std::vector<lsn>& forks) {
  std::vector<lsn> positions;
  if (flushed == no_lsn)
    return positions;
  positions.push_back(flushed);
  auto before = previous(oldest);
  auto reach = distance(before, flushed);
  for (auto back = first_distance; back < reach; back *= growth) {
    positions.push_back(lsn{flushed.value - back});
    if (back > UINT64_MAX / growth)
      break;
  }
  if (before != no_lsn && before < flushed)
    positions.push_back(before);
  auto newest = forks.size() > forks_max ? forks.end() - forks_max : forks.begin();
  std::copy_if(newest, forks.end(), std::back_inserter(positions),
               [&](lsn fork) { return fork != no_lsn && fork >= before && fork < flushed; });
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

history_match match_of(const std::vector<judged_point>& points) {
  if (points.empty() || points.back().verdict == point_verdict::same)
    return history_matches{};
  lsn agreed;
  for (const auto& point : points) {
    if (point.verdict == point_verdict::differs)
      return history_differs{agreed, point.at};
    if (point.verdict == point_verdict::past_end)
      return position_unknown{agreed, point.at};
    if (point.verdict == point_verdict::same)
      agreed = point.at;
  }
  return position_pruned{};
}

} // namespace sluice::replication
