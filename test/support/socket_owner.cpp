#include "test/support/socket_owner.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace sluice::testing {

namespace {

namespace fs = std::filesystem;

/// The port behind an address as /proc writes it: `0100007F:1036`.
std::optional<unsigned long> port_in(const std::string& address) {
  auto colon = address.find(':');
  if (colon == std::string::npos)
    return std::nullopt;
  return std::stoul(address.substr(colon + 1), nullptr, 16);
}

/// As a link to the socket reads; empty when there is none.
std::string socket_between(std::uint16_t own_port, std::uint16_t peer_port) {
  std::ifstream table{"/proc/net/tcp"};
  for (std::string line; std::getline(table, line);) {
    std::istringstream words{line};
    std::string row, own, peer, state, queues, timer, retransmits, user, timeout, inode;
    words >> row >> own >> peer >> state >> queues >> timer >> retransmits >> user >> timeout
        >> inode;
    if (port_in(own) == own_port && port_in(peer) == peer_port)
      return "socket:[" + inode + "]";
  }
  return {};
}

} // namespace

bool is_socket_of(pid_t process, std::uint16_t own_port, std::uint16_t peer_port) {
  auto wanted = socket_between(own_port, peer_port);
  std::error_code trouble;
  fs::directory_iterator open{fs::path{"/proc"} / std::to_string(process) / "fd", trouble};
  if (wanted.empty() || trouble)
    return false;
  for (; open != fs::directory_iterator{}; open.increment(trouble))
    if (fs::read_symlink(open->path(), trouble) == wanted)
      return true;
  return false;
}

} // namespace sluice::testing
