#include "net/client_flight.hpp"

#include <utility>

namespace sluice::net {

void client_flight::enter() {
  std::unique_lock lock{mutex_};
  ++waiting_;
  changed_.wait(lock, [this] { return in_flight_ < in_flight_max_; });
  --waiting_;
  ++in_flight_;
}

bool client_flight::put(messages::append_ptr item) {
  std::lock_guard lock{mutex_};
  untaken_.push_back(std::move(item));
  return untaken_.size() == 1;
}

std::vector<messages::append_ptr> client_flight::take() {
  std::lock_guard lock{mutex_};
  return std::exchange(untaken_, {});
}

void client_flight::leave() {
  std::lock_guard lock{mutex_};
  if (--in_flight_ == 0)
    changed_.notify_all();
}

void client_flight::wake() {
  std::lock_guard lock{mutex_};
  if (waiting_ > 0 && in_flight_ < in_flight_max_)
    changed_.notify_all();
}

void client_flight::drain() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return in_flight_ == 0; });
}

} // namespace sluice::net
