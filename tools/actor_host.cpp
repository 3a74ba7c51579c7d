#include "tools/actor_host.hpp"

#include <sluice/configure.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace sluice::tools {

namespace {

constexpr std::chrono::milliseconds end_within{300};

std::atomic<bool> left_behind{false};

struct host_config : caf::actor_system_config {
  host_config() { configure(*this); }
};

} // namespace

struct actor_host::parts {
  host_config config;
  caf::actor_system system{config};
};

actor_host::actor_host() : parts_(std::make_unique<parts>()) {}

actor_host::~actor_host() {
  std::promise<void> ended;
  auto is_ended = ended.get_future();
  std::thread{[parts = std::move(parts_), ended = std::move(ended)]() mutable {
    parts.reset();
    ended.set_value();
  }}.detach();
  if (is_ended.wait_for(end_within) != std::future_status::ready)
    left_behind = true;
}

bool actor_host::is_left_behind() {
  return left_behind;
}

caf::actor_system& actor_host::system() {
  return parts_->system;
}

} // namespace sluice::tools
