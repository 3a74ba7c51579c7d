#include "replication/fork_search.hpp"

#include <algorithm>

namespace sluice::replication {

namespace {

constexpr std::uint64_t points = 48;

bool is_narrower(const fork_range& x, const fork_range& than) {
  return x != than && x.after >= than.after && x.parted_at <= than.parted_at;
}

} // namespace

bool fork_search::goes_on_with(term in, fork_range told, lsn oldest) {
  told.after = std::max(told.after, previous(oldest));
  auto is_open = told.parted_at > next(told.after);
  auto is_news = !range_ || in != in_ || is_narrower(told, *range_);
  if (!is_open || !is_news) {
    range_.reset();
    return false;
  }
  range_ = told;
  in_ = in;
  return true;
}

std::vector<lsn> positions_within(const fork_range& range, lsn oldest, lsn flushed) {
  // What is proven is where a batch ends, there or before: the last one of the range is met, too.
  std::vector<lsn> positions{previous(oldest), range.after, previous(range.parted_at),
                             range.parted_at, flushed};
  auto span = distance(range.after, range.parted_at);
  // Without overflow: the whole steps, then what they leave.
  auto step = span / (points + 1);
  auto rest = span % (points + 1);
  for (std::uint64_t i = 1; i <= points; ++i)
    positions.push_back(lsn{range.after.value + i * step + i * rest / (points + 1)});
  std::erase_if(positions, [&](lsn x) { return x == no_lsn || x > flushed; });
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

} // namespace sluice::replication
