#include "net/connect_failure.hpp"

#include <sluice/errc.hpp>

#include <caf/sec.hpp>

namespace sluice::net {

std::string connect_failure(const caf::error& why) {
  constexpr const char* advice = "; check the address, and that the node runs";
  if (why == caf::sec::request_timeout || why == caf::sec::connection_timeout)
    return std::string{"no answer in time"} + advice;
  // One error for a refused connection, a host that is not known and one without a route.
  if (why == caf::sec::cannot_connect_to_node)
    return std::string{"nobody takes connections there"} + advice;
  if (why == caf::sec::disconnect_during_handshake)
    return std::string{"the connection was closed at once"} + advice;
  if (why == caf::sec::malformed_basp_message || why == caf::sec::incompatible_versions)
    return "what answers there is no sluice node; check the address";
  return describe(why);
}

} // namespace sluice::net
