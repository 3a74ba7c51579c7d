#include "net/log_core.hpp"

#include "config/endpoint.hpp"

#include <caf/io/middleman.hpp>

namespace sluice {

std::string to_string(const node_endpoint& x) {
  return config::to_string({x.host, x.port});
}

namespace detail {

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

} // namespace detail

} // namespace sluice
