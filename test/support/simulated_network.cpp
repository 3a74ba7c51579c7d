#include "test/support/simulated_network.hpp"

#include <algorithm>

namespace sluice::test {

namespace {

constexpr std::uint64_t steps_max = 5'000'000;
constexpr std::uint64_t trace_prime = 1099511628211ull;

} // namespace

networked_node::networked_node()
    : local_node(networking::simulated)
    , sockets_(dynamic_cast<caf::io::network::test_multiplexer&>(system().middleman().backend())) {
  settle();
}

networked_node::~networked_node() {
  settle();
}

void networked_node::settle() {
  while (coordinator().try_run_once() || sockets_.try_exec_runnable())
    continue;
}

simulated_network::~simulated_network() {
  connections_.clear();
  while (!nodes_.empty())
    nodes_.pop_back();
}

std::size_t simulated_network::add() {
  nodes_.push_back(std::make_unique<networked_node>());
  return nodes_.size() - 1;
}

void simulated_network::start(std::size_t slot) {
  nodes_[slot] = std::make_unique<networked_node>();
}

void simulated_network::crash(std::size_t slot) {
  for (std::size_t i = 0; i < connections_.size(); ++i)
    if (connections_[i].is_up && (connections_[i].server == slot || connections_[i].client == slot))
      cut(i, in_flight::dropped);
  std::erase_if(doomed_, [&](std::size_t index) { return connections_[index].client == slot; });
  nodes_[slot].reset();
}

caf::io::accept_handle simulated_network::make_door() {
  return caf::io::accept_handle::from_int(++last_handle_);
}

std::size_t simulated_network::allow(std::size_t server, caf::io::accept_handle door,
                                     std::size_t client, const std::string& host,
                                     std::uint16_t port) {
  connection x;
  x.server = server;
  x.client = client;
  x.server_end = caf::io::connection_handle::from_int(++last_handle_);
  x.client_end = caf::io::connection_handle::from_int(++last_handle_);
  nodes_[server]->sockets().prepare_connection(door, x.server_end, nodes_[client]->sockets(), host,
                                               port, x.client_end);
  connections_.push_back(x);
  return connections_.size() - 1;
}

bool simulated_network::is_dialled(std::size_t index) {
  const auto& x = connections_[index];
  if (!is_running(x.client))
    return false;
  // A socket that the broker was not given yet could not be told that it is closed.
  auto socket = nodes_[x.client]->sockets().impl_ptr(x.client_end);
  return socket != nullptr && !socket->detached();
}

bool simulated_network::is_accepted(std::size_t index) {
  const auto& x = connections_[index];
  const auto& waiting = nodes_[x.server]->sockets().pending_connects();
  return std::none_of(waiting.begin(), waiting.end(),
                      [&](const auto& entry) { return entry.second == x.server_end; });
}

std::size_t simulated_network::bytes_to_client(std::size_t index) {
  const auto& x = connections_[index];
  return nodes_[x.client]->sockets().virtual_network_buffer(x.client_end).size();
}

void simulated_network::cut(std::size_t index, in_flight bytes) {
  auto& x = connections_[index];
  x.is_up = false;
  auto& waiting = nodes_[x.server]->sockets().pending_connects();
  std::erase_if(waiting, [&](const auto& entry) { return entry.second == x.server_end; });
  hang_up(x.server, x.server_end, bytes);
  if (is_dialled(index))
    hang_up(x.client, x.client_end, bytes);
  else if (!is_closed(x.client, x.client_end))
    doomed_.push_back(index);
}

bool simulated_network::has_doomed(std::size_t client) const {
  return std::any_of(doomed_.begin(), doomed_.end(),
                     [&](std::size_t index) { return connections_[index].client == client; });
}

bool simulated_network::has_undialled(std::size_t client, const std::string& host,
                                      std::uint16_t port) {
  return nodes_[client]->sockets().has_pending_scribe(host, port);
}

bool simulated_network::is_closed(std::size_t slot, caf::io::connection_handle end) {
  return nodes_[slot]->sockets().stopped_reading(end);
}

void simulated_network::pass_on_closing() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const auto& x = connections_[i];
    if (x.is_up && (is_closed(x.server, x.server_end) || is_closed(x.client, x.client_end)))
      cut(i, in_flight::delivered);
  }
}

void simulated_network::reset_doomed() {
  std::erase_if(doomed_, [&](std::size_t index) {
    if (!is_dialled(index))
      return false;
    hang_up(connections_[index].client, connections_[index].client_end, in_flight::dropped);
    return true;
  });
}

/// The broker learns that the connection is closed, after what still arrives.
void simulated_network::hang_up(std::size_t slot, caf::io::connection_handle end, in_flight bytes) {
  auto& sockets = nodes_[slot]->sockets();
  if (bytes == in_flight::dropped)
    sockets.virtual_network_buffer(end).clear();
  else
    while (sockets.try_read_data(end))
      continue;
  if (auto socket = sockets.impl_ptr(end))
    socket->io_failure(&sockets, caf::io::network::operation::read);
  sockets.impl_ptr(end) = nullptr;
}

std::vector<simulated_network::transition> simulated_network::possible() {
  std::vector<transition> found;
  auto is_awake = [&](std::size_t slot) { return nodes_[slot] && !nodes_[slot]->is_frozen; };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!is_awake(i))
      continue;
    for (std::size_t job = 0; job < nodes_[i]->coordinator().jobs.size(); ++job)
      found.push_back({kind::actor, i, job});
    found.push_back({kind::runnable, i, 0});
    found.push_back({kind::accept, i, 0});
  }
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const auto& x = connections_[i];
    if (x.is_up && is_awake(x.server) && !x.is_blocked_to_server)
      found.push_back({kind::read_at_server, i, 0});
    if (x.is_up && is_awake(x.client) && !x.is_blocked_to_client)
      found.push_back({kind::read_at_client, i, 0});
  }
  return found;
}

bool simulated_network::perform(const transition& x) {
  switch (x.what) {
  case kind::actor: {
    auto& coordinator = nodes_[x.index]->coordinator();
    auto chosen = coordinator.jobs.begin() + static_cast<std::ptrdiff_t>(x.job);
    std::rotate(coordinator.jobs.begin(), chosen, chosen + 1);
    return coordinator.try_run_once();
  }
  case kind::runnable: return nodes_[x.index]->sockets().try_exec_runnable();
  case kind::accept: return nodes_[x.index]->sockets().try_accept_connection();
  case kind::read_at_server: {
    const auto& link = connections_[x.index];
    return nodes_[link.server]->sockets().try_read_data(link.server_end);
  }
  case kind::read_at_client: {
    const auto& link = connections_[x.index];
    return nodes_[link.client]->sockets().try_read_data(link.client_end);
  }
  }
  return false;
}

void simulated_network::note(const transition& x) {
  ++steps_;
  for (auto part :
       {static_cast<std::uint64_t>(x.what), std::uint64_t{x.index}, std::uint64_t{x.job}})
    trace_ = (trace_ ^ part) * trace_prime;
}

bool simulated_network::step() {
  reset_doomed();
  auto candidates = possible();
  while (!candidates.empty()) {
    auto position = random_() % candidates.size();
    auto chosen = candidates[position];
    candidates[position] = candidates.back();
    candidates.pop_back();
    if (perform(chosen)) {
      note(chosen);
      return true;
    }
  }
  return false;
}

void simulated_network::run() {
  for (std::uint64_t count = 0; step(); ++count)
    if (count == steps_max) {
      ADD_FAILURE() << "the nodes do not come to rest";
      return;
    }
}

caf::timespan simulated_network::until_next_timer(caf::timespan limit) {
  auto soonest = limit;
  for (const auto& node : nodes_) {
    if (!node || node->is_frozen)
      continue;
    auto& clock = node->coordinator().clock();
    if (clock.schedule().empty())
      continue;
    caf::timespan wait = clock.schedule().begin()->first - clock.current_time;
    soonest = std::min(soonest, std::max(caf::timespan{0}, wait));
  }
  return soonest;
}

void simulated_network::advance(caf::timespan duration) {
  run();
  while (duration.count() > 0) {
    auto slice = until_next_timer(duration);
    for (const auto& node : nodes_) {
      if (node && node->is_frozen)
        node->owed += slice;
      else if (node)
        node->coordinator().clock().advance_time(slice);
    }
    duration -= slice;
    run();
  }
}

void simulated_network::freeze(std::size_t slot) {
  nodes_[slot]->is_frozen = true;
}

void simulated_network::thaw(std::size_t slot) {
  auto& node = *nodes_[slot];
  node.is_frozen = false;
  node.coordinator().clock().advance_time(std::exchange(node.owed, caf::timespan{0}));
}

} // namespace sluice::test
