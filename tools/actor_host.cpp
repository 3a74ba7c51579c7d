#include "tools/actor_host.hpp"

#include <sluice/configure.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace sluice::tools {

namespace {

struct host_config : caf::actor_system_config {
  host_config() { configure(*this); }
};

} // namespace

struct actor_host::parts {
  host_config config;
  caf::actor_system system{config};
};

actor_host::actor_host() : parts_(std::make_unique<parts>()) {}

actor_host::~actor_host() = default;

caf::actor_system& actor_host::system() {
  return parts_->system;
}

} // namespace sluice::tools
