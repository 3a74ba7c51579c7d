#include "actors/join_history.hpp"

#include "persistence/spool_reader.hpp"
#include "replication/history_proof.hpp"

#include <caf/expected.hpp>

namespace sluice::actors {

namespace {

using messages::history_point;

/// Where a batch ends, at `wanted` or before.
caf::expected<history_point> boundary_at(persistence::spool_reader& reader, lsn wanted,
                                         lsn durable) {
  if (auto exact = reader.digest_at(wanted, durable); !exact || *exact)
    return exact ? caf::expected<history_point>{history_point{wanted, **exact}} : exact.error();
  auto batches = reader.read_batches(previous(wanted), durable, {0, 1});
  if (!batches)
    return batches.error();
  if (batches->empty())
    return history_point{};
  const auto& around = batches->front();
  return history_point{previous(around.first), around.previous_digest};
}

} // namespace

std::vector<history_point> join_history(const node_context& context, lsn oldest,
                                        const history_point& tail,
                                        const std::vector<replication::timeline_entry>& timelines,
                                        const std::optional<replication::fork_range>& searched) {
  std::vector<history_point> points;
  std::vector<lsn> forks;
  for (const auto& timeline : timelines)
    forks.push_back(timeline.fork_lsn);
  auto positions = searched ? replication::positions_within(*searched, oldest, tail.lsn)
                            : replication::positions_to_prove(oldest, tail.lsn, forks);
  if (positions.size() > 1) {
    positions.pop_back();
    auto reader = persistence::spool_reader::open(*context.disk, context.directory);
    for (auto at : positions) {
      auto point = reader ? boundary_at(**reader, at, tail.lsn)
                          : caf::expected<history_point>{reader.error()};
      if (!point) {
        context.log->warn("the hello shows the end of the log alone lsn={} reason=\"{}\"",
                          tail.lsn.value, describe(point.error()));
        points.clear();
        break;
      }
      if (point->lsn != no_lsn && (points.empty() || points.back().lsn < point->lsn)
          && point->lsn < tail.lsn)
        points.push_back(*point);
    }
  }
  points.push_back(tail);
  return points;
}

} // namespace sluice::actors
