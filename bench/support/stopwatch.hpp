#pragma once

#include <chrono>

namespace sluice::bench {

using moment = std::chrono::steady_clock::time_point;

inline moment now() {
  return std::chrono::steady_clock::now();
}

inline double microseconds_between(moment from, moment to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

inline double seconds_between(moment from, moment to) {
  return std::chrono::duration<double>(to - from).count();
}

inline double microseconds_since(moment from) {
  return microseconds_between(from, now());
}

inline double seconds_since(moment from) {
  return seconds_between(from, now());
}

} // namespace sluice::bench
