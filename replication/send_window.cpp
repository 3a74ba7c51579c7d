#include "replication/send_window.hpp"

namespace sluice::replication {

bool send_window::may_send(std::size_t bytes) const {
  if (batches_.empty())
    return true;
  return in_flight_bytes_ < window_bytes_ && bytes <= window_bytes_ - in_flight_bytes_;
}

void send_window::sent(lsn last, std::size_t bytes) {
  batches_.push_back({last, bytes});
  in_flight_bytes_ += bytes;
  sent_through_ = last;
}

void send_window::acked(lsn through) {
  if (through > sent_through_)
    return;
  while (!batches_.empty() && batches_.front().last <= through) {
    in_flight_bytes_ -= batches_.front().bytes;
    batches_.pop_front();
  }
}

void send_window::reset(lsn after) {
  batches_.clear();
  in_flight_bytes_ = 0;
  sent_through_ = after;
}

} // namespace sluice::replication
