#include "actors/applied_waits.hpp"

#include <sluice/errc.hpp>

namespace sluice::actors {

applied_waits::~applied_waits() {
  for (auto& [through, x] : by_lsn_)
    x.who.deliver(make_error(errc::closed, "the node is closing"));
}

void applied_waits::add(lsn through, replication::monotonic_ns deadline, promise who) {
  by_deadline_.emplace(deadline, by_lsn_.emplace(through, waiting{deadline, std::move(who)}));
}

void applied_waits::advance(const bookmark& at) {
  while (!by_lsn_.empty() && by_lsn_.begin()->first <= at.lsn) {
    auto reached = by_lsn_.begin();
    auto [first, last] = by_deadline_.equal_range(reached->second.deadline);
    for (auto i = first; i != last; ++i)
      if (i->second == reached) {
        by_deadline_.erase(i);
        break;
      }
    reached->second.who.deliver(messages::applied_position{at});
    by_lsn_.erase(reached);
  }
}

void applied_waits::expire(replication::monotonic_ns now, const bookmark& at) {
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    auto late = by_deadline_.begin()->second;
    by_deadline_.erase(by_deadline_.begin());
    late->second.who.deliver(messages::applied_position{at});
    by_lsn_.erase(late);
  }
}

replication::monotonic_ns applied_waits::next_deadline() const {
  return by_deadline_.empty() ? replication::end_of_time : by_deadline_.begin()->first;
}

} // namespace sluice::actors
