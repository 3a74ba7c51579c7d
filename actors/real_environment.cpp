#include "actors/node_opening.hpp"

#include <spdlog/spdlog.h>

#include <thread>

namespace sluice::actors {

namespace {

std::shared_ptr<spdlog::logger> node_logger() {
  auto named = spdlog::get("sluice");
  return named ? named : spdlog::default_logger();
}

/// Segments are zeroed at no more than 128 MiB/s.
void leave_the_disk_to_appends(std::uint64_t bytes) {
  constexpr std::uint64_t bytes_per_millisecond = 128 * 1024;
  std::this_thread::sleep_for(std::chrono::milliseconds{bytes / bytes_per_millisecond});
}

} // namespace

std::uint64_t system_random_number() {
  return persistence::system_random().next();
}

node_environment real_environment() {
  return {&persistence::posix_vfs(),
          &persistence::system_wall_clock(),
          &persistence::system_random(),
          node_logger(),
          true,
          nullptr,
          leave_the_disk_to_appends};
}

} // namespace sluice::actors
