#include "actors/read_requests.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

std::uint64_t wait_in_ms(std::chrono::milliseconds wait) {
  return static_cast<std::uint64_t>(std::max(wait, std::chrono::milliseconds{0}).count());
}

} // namespace

messages::read_request request_of(lsn after, const read_options& options) {
  messages::read_request request;
  request.after = after;
  request.through = options.through;
  request.records_max = std::max<std::uint64_t>(options.records_max, 1);
  request.bytes_max = options.bytes_max;
  request.wait_ms = wait_in_ms(options.wait);
  if (options.at) {
    request.at = *options.at;
    request.at_wait_ms = wait_in_ms(options.at_within);
  }
  return request;
}

messages::read_request request_for_position(lsn after, std::chrono::milliseconds timeout) {
  messages::read_request request;
  request.records_max = 0;
  request.at.lsn = next(after);
  request.at_wait_ms = wait_in_ms(timeout);
  return request;
}

std::chrono::milliseconds wait_of(const messages::read_request& request) {
  return std::chrono::milliseconds{request.wait_ms + request.at_wait_ms};
}

} // namespace sluice::actors
