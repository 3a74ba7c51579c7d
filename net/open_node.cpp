#include "net/log_core.hpp"

#include "config/endpoint.hpp"

#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

namespace sluice {

std::string to_string(const node_endpoint& x) {
  return config::to_string({x.host, x.port});
}

namespace detail {

namespace {

/// Each writer is given so long to end after the log was closed.
constexpr std::chrono::seconds end_within{5};

} // namespace

caf::error check_listen_address(const node_config& config) {
  if (config.insecure || config::is_loopback({config.listen.host, config.listen.port}))
    return caf::none;
  return make_error(errc::invalid_argument,
                    "listen " + to_string(config.listen)
                      + " is reachable from other machines: whoever connects there can read, "
                        "write and crash the node. Use a loopback address, or --insecure on a "
                        "network where every host is trusted");
}

caf::expected<node_endpoint> publish_gate(caf::actor_system& system,
                                          const messages::node_gate_actor& gate,
                                          const node_config& config) {
  const auto& listen = config.listen;
  auto port = system.middleman().publish(gate, listen.port, listen.host.c_str(), true);
  if (!port)
    return make_error(errc::io_error, "cannot listen on " + to_string(listen) + ": "
                                        + describe(port.error())
                                        + "; is the port taken by another process?");
  return node_endpoint{listen.host, *port};
}

std::string advertised_endpoint(const node_config& config, const node_endpoint& listening) {
  if (config.advertise)
    return to_string(*config.advertise);
  auto everywhere = listening.host.empty() || listening.host == "0.0.0.0" || listening.host == "::";
  return everywhere ? std::string{} : to_string(listening);
}

open_node::~open_node() {
  // The destructor has nobody to tell; a log that could not be closed was logged.
  static_cast<void>(close());
}

caf::error open_node::close() {
  if (!core || core->closed.exchange(true))
    return caf::none;
  auto& system = *core->system;
  system.middleman().unpublish(core->gate, listening.port);
  caf::scoped_actor self{system};
  std::string failure;
  self->request(supervisor, end_within, messages::close_node{})
    .receive([&](const messages::log_closed& closed) { failure = closed.failure; },
             [&](const caf::error& why) { failure = describe(why); });
  // The directory is free only when nobody writes there any more.
  for (const auto& writer : disk_writers) {
    self->monitor(writer);
    self->receive([](const caf::down_msg&) {}, caf::after(end_within) >> [&] {
      failure = "an actor that writes in the directory does not end";
    });
  }
  caf::anon_send_exit(front_door, caf::exit_reason::user_shutdown);
  front_door = nullptr;
  supervisor = nullptr;
  disk_writers.clear();
  core->writer = nullptr;
  core->reader = nullptr;
  core->gate = nullptr;
  directory.reset();
  if (failure.empty())
    return caf::none;
  return make_error(errc::log_failed, "close: " + failure);
}

} // namespace detail

} // namespace sluice
