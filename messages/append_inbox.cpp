#include "messages/append_inbox.hpp"

#include <utility>

namespace sluice::messages {

std::uint64_t cost_of(const append& what) {
  constexpr std::uint64_t record_overhead = 16;
  std::uint64_t total = 0;
  for (const auto& bytes : what.records)
    total += bytes.size() + record_overhead;
  return total;
}

append_inbox::verdict append_inbox::put(append_ptr& item) {
  auto bytes = cost_of(item->what);
  std::lock_guard lock{mutex_};
  if (is_closed_)
    return verdict::closed;
  if (!items_.empty() && (bytes_ + bytes > bytes_max_ || items_.size() >= appends_max_))
    return verdict::full;
  bytes_ += bytes;
  items_.push_back(std::move(item));
  return items_.size() == 1 ? verdict::queued_first : verdict::queued;
}

void append_inbox::take(std::vector<append_ptr>& into) {
  into.clear();
  std::lock_guard lock{mutex_};
  items_.swap(into);
  bytes_ = 0;
}

void append_inbox::give_back(std::vector<append_ptr>& spent) {
  {
    std::lock_guard lock{mutex_};
    if (spares_.empty() && spent.size() <= spares_max)
      spares_.swap(spent);
    else
      while (!spent.empty() && spares_.size() < spares_max) {
        spares_.push_back(std::move(spent.back()));
        spent.pop_back();
      }
  }
  spent.clear();
}

append_ptr append_inbox::spare() {
  std::lock_guard lock{mutex_};
  if (spares_.empty())
    return nullptr;
  auto last = std::move(spares_.back());
  spares_.pop_back();
  return last;
}

void append_inbox::close() {
  std::lock_guard lock{mutex_};
  is_closed_ = true;
}

} // namespace sluice::messages
