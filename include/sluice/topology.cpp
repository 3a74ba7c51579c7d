#include <sluice/topology.hpp>

namespace sluice {

std::string to_string(const topology_epoch& x) {
  return to_string(x.term) + "." + to_string(x.incarnation) + "." + std::to_string(x.counter);
}

} // namespace sluice
