#include "test/support/role_cluster.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace sluice::test {

namespace {

constexpr std::uint16_t port = 4150;

std::string endpoint_of(std::size_t slot) {
  return role_cluster::name_of(slot) + ":" + std::to_string(port);
}

} // namespace

/// What a process was told by the lives of its node.
struct role_cluster::told_process {
  std::vector<messages::role_changed> waiting;
  term highest;
};

role_cluster::role_cluster(std::uint64_t seed, role_choices choices)
    : choices_(std::move(choices)), network_(seed) {
  for (std::size_t slot = 0; slot < choices_.nodes; ++slot) {
    nodes_.push_back(std::make_unique<node>(seed * 31 + slot));
    network_.add();
  }
  for (std::size_t from = 0; from < size(); ++from)
    for (std::size_t to = 0; to < size(); ++to)
      links_[{from, to}] = link::open;
  for (std::size_t slot = 0; slot < size(); ++slot)
    if (auto err = start(slot))
      throw std::runtime_error("start " + name_of(slot) + ": " + describe(err));
}

role_cluster::~role_cluster() {
  for (std::size_t slot = 0; slot < size(); ++slot)
    if (is_running(slot))
      crash(slot, power::kept);
}

// -- processes -----------------------------------------------------------------------------

void role_cluster::fill_config(std::size_t slot, node_config& config) const {
  config.data = data_directory;
  config.name = name_of(slot);
  config.region = "region-" + std::to_string(slot);
  config.segment_bytes = 16 * 1024;
  config.record_bytes_max = config.segment_bytes / 4;
  config.buffer_bytes = 32 * 1024;
  config.window_bytes = 8 * 1024;
  if (!has_states())
    return;
  config.segment_bytes = 8 * 1024;
  config.applier = nodes_[slot]->state;
  config.snapshots = nodes_[slot]->state;
  config.installs = nodes_[slot]->state;
}

caf::error role_cluster::start(std::size_t slot) {
  if (!is_running(slot))
    network_.start(slot);
  auto& x = *nodes_[slot];
  x.told = std::make_shared<told_process>();
  x.listener = network_[slot].system().spawn([told = x.told](messages::role_listener_actor::pointer)
                                                 -> messages::role_listener_actor::behavior_type {
    return {
        [told](const messages::role_changed& what) {
          told->waiting.push_back(what);
          told->highest = std::max(told->highest, what.term);
        },
    };
  });
  x.spawned = {caf::actor_cast<caf::strong_actor_ptr>(x.listener)};
  x.door = network_.make_door();
  x.as_replica = {};
  fill_config(slot, x.as_replica);
  if (slot != 0)
    x.as_replica.primaries = {{name_of(0), port}};
  auto known = actors::role_on_disk(disk(slot), data_directory);
  auto err = open(slot, net::begins_as_primary(known, slot == 0));
  if (err)
    crash(slot, power::kept);
  return err;
}

caf::error role_cluster::open(std::size_t slot, bool as_primary) {
  auto& x = *nodes_[slot];
  auto& process = network_[slot];
  auto environment = x.host.environment();
  environment.roles = x.listener;
  primary_config config;
  fill_config(slot, config);
  if (has_states()) {
    config.slot_bytes_max = choices_.slot_bytes_max;
    config.retain_bytes_min = 0;
  }
  if (slot == 0) {
    config.policy = choices_.floor;
    for (std::size_t each = 0; choices_.has_members && each < size(); ++each)
      config.members.push_back(name_of(each));
  }
  auto opened = as_primary ? net::open_life(process.system(), config, environment)
                           : net::open_life(process.system(), x.as_replica, environment);
  if (!opened)
    return opened.error();
  x.life = std::move(*opened);
  x.is_primary = as_primary;
  for (const auto& each : {caf::actor_cast<caf::strong_actor_ptr>(x.life.supervisor),
                           caf::actor_cast<caf::strong_actor_ptr>(x.life.link),
                           caf::actor_cast<caf::strong_actor_ptr>(x.life.promoter),
                           caf::actor_cast<caf::strong_actor_ptr>(x.life.watch)})
    if (each)
      x.spawned.push_back(each);
  reset_connections_in_making(slot);
  process.publish(x.life.handles.gate, port, x.door);
  net::announce(x.life, endpoint_of(slot));
  process.settle();
  tend();
  return caf::none;
}

bool role_cluster::is_primary(std::size_t slot) const {
  return is_running(slot) && nodes_[slot]->life.supervisor && nodes_[slot]->is_primary
         && !is_changing_role(slot);
}

bool role_cluster::is_changing_role(std::size_t slot) const {
  const auto& x = *nodes_[slot];
  return is_running(slot)
         && (!x.life.supervisor
             || std::any_of(x.told->waiting.begin(), x.told->waiting.end(),
                            [&](const auto& told) { return told.is_primary != x.is_primary; }));
}

term role_cluster::told_term(std::size_t slot) const {
  return nodes_[slot]->told ? nodes_[slot]->told->highest : term{};
}

/// As `node_life::change_role` and `end` do it.
caf::error role_cluster::change_role(std::size_t slot) {
  auto& x = *nodes_[slot];
  std::erase_if(x.told->waiting, [&](const auto& told) {
    return x.life.supervisor && told.is_primary == x.is_primary;
  });
  if (x.told->waiting.empty())
    return caf::none;
  auto told = x.told->waiting.front();
  if (x.life.supervisor)
    end_life(slot);
  if (!told.is_primary)
    net::look_first_at(x.as_replica, told.primary_endpoint);
  if (auto err = open(slot, told.is_primary))
    return err;
  std::erase_if(x.told->waiting, [&](const auto& y) { return y.is_primary == x.is_primary; });
  return caf::none;
}

void role_cluster::end_life(std::size_t slot) {
  auto& x = *nodes_[slot];
  auto& process = network_[slot];
  auto& middleman = process.system().middleman();
  caf::anon_send(middleman.actor_handle(), caf::unpublish_atom_v, x.life.handles.gate.address(),
                 port);
  if (x.life.watch)
    caf::anon_send_exit(x.life.watch, caf::exit_reason::user_shutdown);
  caf::anon_send(x.life.supervisor, messages::close_node{});
  process.settle();
  x.life = {};
  process.settle();
  reset_connections_in_making(slot);
}

void role_cluster::crash(std::size_t slot, power what) {
  // The disk goes first: what the actors do when they are killed must not reach it.
  if (what == power::lost)
    disk(slot).cut_power();
  else if (what == power::lost_with_all_that_is_unsynced)
    disk(slot).cut_power_losing_all();
  auto& x = *nodes_[slot];
  for (const auto& each : x.spawned)
    caf::anon_send_exit(caf::actor_cast<caf::actor>(each), caf::exit_reason::kill);
  x.spawned.clear();
  x.listener = nullptr;
  x.life = {};
  network_[slot].is_frozen = false;
  network_.crash(slot);
}

// -- links ---------------------------------------------------------------------------------

void role_cluster::set_link(std::size_t from, std::size_t to, link what) {
  links_[{from, to}] = what;
  if (what == link::refused)
    links_[{to, from}] = link::refused;
  else if (link_of(to, from) == link::refused)
    links_[{to, from}] = what;
  tend();
}

/// Nobody listens there any more.
void role_cluster::reset_connections_in_making(std::size_t slot) {
  for (auto index : connections_) {
    const auto& each = network_.at(index);
    if (each.is_up && each.server == slot
        && (!network_.is_dialled(index) || !network_.is_accepted(index)))
      network_.cut(index, simulated_network::in_flight::dropped);
  }
}

void role_cluster::tend() {
  network_.pass_on_closing();
  for (auto index : connections_) {
    auto& each = network_.at(index);
    if (each.is_up && link_of(each.server, each.client) == link::refused)
      network_.cut(index, simulated_network::in_flight::dropped);
    each.is_blocked_to_client = link_of(each.server, each.client) == link::silent;
    each.is_blocked_to_server = link_of(each.client, each.server) == link::silent;
  }
  std::erase_if(connections_, [&](std::size_t index) { return !network_.at(index).is_up; });
  for (std::size_t server = 0; server < size(); ++server)
    for (std::size_t client = 0; client < size(); ++client) {
      if (server == client || !is_running(server) || !is_running(client)
          || !nodes_[server]->life.supervisor || link_of(server, client) == link::refused
          || network_.has_undialled(client, name_of(server), port))
        continue;
      auto index = network_.allow(server, nodes_[server]->door, client, name_of(server), port);
      connections_.push_back(index);
      auto& made = network_.at(index);
      made.is_blocked_to_client = link_of(server, client) == link::silent;
      made.is_blocked_to_server = link_of(client, server) == link::silent;
    }
}

// -- asking --------------------------------------------------------------------------------

answer_ptr role_cluster::submit(std::size_t slot, append request) {
  auto into = std::make_shared<answer>();
  caf::anon_send(
      nodes_[slot]->life.handles.writer,
      messages::submit_append{std::make_shared<recorded_append>(std::move(request), into)});
  return into;
}

std::shared_ptr<told_operator> role_cluster::tell(std::size_t slot,
                                                  messages::control_command command) {
  auto into = std::make_shared<told_operator>();
  auto& x = *nodes_[slot];
  messages::control_request request;
  request.command = command;
  auto teller = network_[slot].system().spawn(
      [gate = x.life.handles.gate, request, into](caf::event_based_actor* self) {
        self->request(gate, std::chrono::seconds{30}, request)
            .then([into](const messages::control_reply& reply) { into->reply = reply; },
                  [into](const caf::error& why) {
                    into->reply = messages::control_reply{true, errc::unreachable, describe(why)};
                  });
      });
  x.spawned.push_back(caf::actor_cast<caf::strong_actor_ptr>(teller));
  return into;
}

template <class Answer, class Handle, class Question>
std::optional<Answer> role_cluster::ask_alone(std::size_t slot, const Handle& handle,
                                              Question question) {
  auto& process = network_[slot];
  if (!handle || process.is_frozen)
    return std::nullopt;
  std::optional<Answer> result;
  auto pending = process.self()->request(handle, std::chrono::milliseconds{1}, std::move(question));
  process.settle();
  // Its answer may need others, or time: then there is none.
  process.coordinator().clock().advance_time(std::chrono::milliseconds{1});
  process.settle();
  pending.receive([&](Answer& answer) { result = std::move(answer); }, [](const caf::error&) {});
  return result;
}

std::optional<node_status> role_cluster::status(std::size_t slot) {
  if (!is_running(slot))
    return std::nullopt;
  auto reply = ask_alone<messages::status_reply>(slot, nodes_[slot]->life.handles.gate,
                                                 messages::status_request{});
  return reply ? std::optional{reply->status} : std::nullopt;
}

std::optional<messages::candidacy> role_cluster::candidacy(std::size_t slot) {
  if (!is_running(slot))
    return std::nullopt;
  return ask_alone<messages::candidacy>(slot, nodes_[slot]->life.receiver,
                                        messages::get_candidacy{});
}

} // namespace sluice::test
