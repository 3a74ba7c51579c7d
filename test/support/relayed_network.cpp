#include "test/support/relayed_network.hpp"

#include "test/support/socket_owner.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace sluice::testing {

namespace {

/// How long what the test did may go unnoticed.
constexpr int poll_ms = 2;
constexpr int queue_max = 64;
constexpr std::size_t portion_bytes = 64 * 1024;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr* generic(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

std::uint16_t own_port(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, generic(address), &size);
  return ntohs(address.sin_port);
}

std::uint16_t peer_port(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getpeername(socket, generic(address), &size);
  return ntohs(address.sin_port);
}

int listen_somewhere() {
  auto listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  if (::bind(listener, generic(address), sizeof address) != 0 || ::listen(listener, queue_max) != 0)
    throw std::system_error(errno, std::generic_category(), "listen");
  return listener;
}

/// @returns -1 when nobody listens there
int connect_to(std::uint16_t port) {
  auto made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(port);
  if (::connect(made, generic(address), sizeof address) == 0)
    return made;
  ::close(made);
  return -1;
}

void hurry(int socket) {
  int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void close_with_reset(int socket) {
  if (socket < 0)
    return;
  linger reset{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(socket);
}

bool is_only_busy() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

relayed_network::relayed_network(const std::vector<std::string>& places) {
  for (const auto& place : places) {
    listeners_[place] = listen_somewhere();
    ports_[place] = own_port(listeners_[place]);
  }
  thread_ = std::thread{[this] { run(); }};
}

relayed_network::~relayed_network() {
  stop_ = true;
  thread_.join();
  for (const auto& [place, listener] : listeners_)
    ::close(listener);
}

std::string relayed_network::address_of(const std::string& place) const {
  return to_string(node_endpoint{"127.0.0.1", ports_.at(place)});
}

void relayed_network::lead(const std::string& place, const node_endpoint& target) {
  std::lock_guard guard{mutex_};
  targets_[place] = target;
}

void relayed_network::settle(const std::string& place, pid_t process) {
  std::lock_guard guard{mutex_};
  processes_[process] = place;
}

void relayed_network::part(const std::set<std::string>& side, cut how) {
  std::lock_guard guard{mutex_};
  side_ = side;
  how_ = how;
  if (how == cut::gone)
    for (const auto& place : side)
      deaf_.try_emplace(place, listeners_.at(place));
}

void relayed_network::heal() {
  std::lock_guard guard{mutex_};
  side_.clear();
  for (const auto& [place, queue] : deaf_)
    ::listen(listeners_.at(place), queue_max);
  deaf_.clear();
}

bool relayed_network::is_cut(const connection& x) const {
  return !x.from.empty() && side_.contains(x.from) != side_.contains(x.to);
}

std::string relayed_network::place_of_caller(const connection& x) const {
  for (const auto& [process, place] : processes_)
    if (is_socket_of(process, peer_port(x.caller), ports_.at(x.to)))
      return place;
  return {};
}

relayed_network::connection relayed_network::accept_at(const std::string& place) const {
  connection made;
  made.to = place;
  made.caller = ::accept4(listeners_.at(place), nullptr, nullptr, SOCK_CLOEXEC);
  made.is_ended = made.caller < 0;
  return made;
}

void relayed_network::tend(std::vector<connection>& all) const {
  for (auto& x : all) {
    if (x.from.empty() && !x.is_ended && x.looked_up_among != processes_.size()) {
      x.from = place_of_caller(x);
      x.looked_up_among = processes_.size();
    }
    auto target = targets_.find(x.to);
    if (is_cut(x)) {
      x.is_ended |= how_ == cut::reset;
    } else if (x.target < 0 && target != targets_.end()) {
      x.target = connect_to(target->second.port);
      x.is_ended |= x.target < 0;
      hurry(x.caller);
      hurry(x.target);
    }
  }
  std::erase_if(all, [](const connection& x) {
    if (x.is_ended) {
      close_with_reset(x.caller);
      close_with_reset(x.target);
    }
    return x.is_ended;
  });
}

void relayed_network::pass(connection& x, bool to_target) {
  auto from = to_target ? x.caller : x.target;
  auto to = to_target ? x.target : x.caller;
  auto& unsent = x.unsent[to_target ? 0 : 1];
  if (unsent.empty()) {
    unsent.resize(portion_bytes);
    auto got = ::recv(from, unsent.data(), unsent.size(), MSG_DONTWAIT);
    auto is_there_nothing = got < 0 && is_only_busy();
    x.is_ended |= got == 0 || (got < 0 && !is_there_nothing);
    unsent.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  if (unsent.empty())
    return;
  auto sent = ::send(to, unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0)
    unsent.erase(0, static_cast<std::size_t>(sent));
  else
    x.is_ended |= !is_only_busy();
}

void relayed_network::run() {
  std::vector<connection> all;
  // Of whom a descriptor tells: a listener's place, or a connection and the way from there.
  struct subject {
    std::string place;
    std::size_t index = 0;
    bool to_target = false;
  };
  while (!stop_) {
    std::vector<pollfd> wanted;
    std::vector<subject> subjects;
    {
      std::lock_guard guard{mutex_};
      tend(all);
      for (const auto& [place, listener] : listeners_) {
        if (deaf_.contains(place))
          continue;
        wanted.push_back({listener, POLLIN, 0});
        subjects.push_back({place});
      }
      for (std::size_t i = 0; i < all.size(); ++i)
        for (auto to_target : {true, false}) {
          const auto& x = all[i];
          if (x.target < 0 || is_cut(x))
            continue;
          const auto& unsent = x.unsent[to_target ? 0 : 1];
          if (unsent.empty())
            wanted.push_back({to_target ? x.caller : x.target, POLLIN, 0});
          else
            wanted.push_back({to_target ? x.target : x.caller, POLLOUT, 0});
          subjects.push_back({{}, i, to_target});
        }
    }
    if (::poll(wanted.data(), wanted.size(), poll_ms) <= 0)
      continue;
    std::lock_guard guard{mutex_};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].revents == 0)
        continue;
      const auto& subject = subjects[i];
      if (deaf_.contains(subject.place))
        continue;
      if (!subject.place.empty())
        all.push_back(accept_at(subject.place));
      else if (!is_cut(all[subject.index]) && !all[subject.index].is_ended)
        pass(all[subject.index], subject.to_target);
    }
  }
  for (auto& x : all) {
    close_with_reset(x.caller);
    close_with_reset(x.target);
  }
}

} // namespace sluice::testing
