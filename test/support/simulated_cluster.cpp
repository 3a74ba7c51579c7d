#include "test/support/simulated_cluster.hpp"

#include "test/support/records_on_disk.hpp"

#include "actors/node_opening.hpp"
#include "actors/primary_actors.hpp"
#include "net/replica_link.hpp"

namespace sluice::test {

namespace {

constexpr std::uint16_t primary_port = 4150;
const std::string primary_host = "n0";

/// Asks `handle` on a node of the network, which runs alone meanwhile.
template <class Answer, class Handle, class Question>
std::optional<Answer> ask_alone(networked_node& node, const Handle& handle, Question question) {
  if (node.is_frozen)
    return std::nullopt;
  std::optional<Answer> result;
  auto pending = node.self()->request(handle, std::chrono::milliseconds{1}, std::move(question));
  node.settle();
  // Its answer may need others, or time: then there is none.
  node.coordinator().clock().advance_time(std::chrono::milliseconds{1});
  node.settle();
  pending.receive([&](Answer& answer) { result = std::move(answer); }, [](const caf::error&) {});
  return result;
}

} // namespace

simulated_cluster::simulated_cluster(std::uint64_t seed, cluster_choices choices)
    : choices_(std::move(choices)), network_(seed) {
  door_ = network_.make_door();
  for (std::size_t slot = 0; slot <= choices_.replicas; ++slot) {
    machines_.push_back(std::make_unique<machine>(seed * 31 + slot));
    handles_.emplace_back();
    is_wanted_.push_back(false);
    connections_.emplace_back();
    network_.add();
  }
  for (std::size_t slot = 0; slot < size(); ++slot)
    if (auto err = start(slot))
      throw std::runtime_error("start " + name_of(slot) + ": " + describe(err));
}

simulated_cluster::~simulated_cluster() {
  for (std::size_t slot = 0; slot < size(); ++slot)
    if (is_running(slot)) {
      release(slot);
      network_[slot].settle();
    }
}

void simulated_cluster::fill_config(std::size_t slot, node_config& config) const {
  config.data = data_directory;
  config.name = name_of(slot);
  config.region = "region-" + std::to_string(slot);
  config.segment_bytes = choices_.segment_bytes;
  config.record_bytes_max = choices_.segment_bytes / 4;
  config.buffer_bytes = choices_.buffer_bytes;
  config.window_bytes = choices_.window_bytes;
}

caf::error simulated_cluster::start(std::size_t slot) {
  if (!is_running(slot))
    network_.start(slot);
  auto err = slot == 0 ? start_primary() : start_replica(slot);
  if (err)
    network_.crash(slot);
  return err;
}

caf::error simulated_cluster::start_primary() {
  primary_config config;
  fill_config(0, config);
  config.policy = choices_.floor;
  if (choices_.has_members)
    for (std::size_t slot = 0; slot < size(); ++slot)
      config.members.push_back(name_of(slot));
  auto& node = network_[0];
  auto opened = actors::open_primary(node.system(), config, machines_[0]->environment());
  if (!opened)
    return opened.error();
  handles_[0] = {opened->supervisor, opened->writer, {}, opened->gate, {}, opened->directory};
  node.keep(opened->supervisor);
  node.publish(opened->gate, primary_port, door_);
  tend();
  return caf::none;
}

caf::error simulated_cluster::start_replica(std::size_t slot) {
  replica_config config;
  fill_config(slot, config);
  config.primaries = {{primary_host, primary_port}};
  auto& node = network_[slot];
  auto opened = actors::open_replica(node.system(), config, machines_[slot]->environment());
  if (!opened)
    return opened.error();
  net::link_setup setup;
  setup.context = *opened->context;
  setup.region = opened->region;
  setup.endpoint = name_of(slot) + ":" + std::to_string(primary_port);
  setup.primaries = config.primaries;
  setup.receiver = opened->receiver;
  setup.snapshots = opened->snapshots;
  setup.random_seed = slot;
  auto link = net::spawn_replica_link(node.system(), std::move(setup));
  auto published = actors::supervise_replica(node.system(), *opened, link);
  handles_[slot] = {published.supervisor, {},   opened->receiver,
                    published.gate,       link, opened->directory};
  node.keep(published.supervisor);
  tend();
  return caf::none;
}

void simulated_cluster::release(std::size_t slot) {
  caf::anon_send_exit(handles_[slot].supervisor, caf::exit_reason::kill);
  handles_[slot] = {};
}

void simulated_cluster::crash(std::size_t slot, power what) {
  // The disk goes first: what the actors do when they are killed must not reach it.
  if (what == power::lost)
    disk(slot).cut_power();
  else if (what == power::lost_with_all_that_is_unsynced)
    disk(slot).cut_power_losing_all();
  release(slot);
  for (std::size_t replica = 1; replica < size(); ++replica)
    if (slot == 0 || slot == replica)
      connections_[replica].reset();
  network_[slot].is_frozen = false;
  network_.crash(slot);
}

void simulated_cluster::connect(std::size_t replica) {
  is_wanted_[replica] = true;
  tend();
}

void simulated_cluster::tend() {
  for (std::size_t replica = 1; replica < size(); ++replica) {
    if (!is_wanted_[replica] || !is_running(0) || !is_running(replica)
        || connection_of(replica) != nullptr || network_.has_doomed(replica))
      continue;
    connections_[replica] = network_.allow(0, door_, replica, primary_host, primary_port);
  }
}

void simulated_cluster::isolate(std::size_t replica, simulated_network::in_flight bytes) {
  is_wanted_[replica] = false;
  if (connection_of(replica) != nullptr)
    network_.cut(*connections_[replica], bytes);
}

std::size_t simulated_cluster::unread_by(std::size_t replica) {
  if (connection_of(replica) == nullptr || !network_.is_dialled(*connections_[replica]))
    return 0;
  return network_.bytes_to_client(*connections_[replica]);
}

simulated_network::connection* simulated_cluster::connection_of(std::size_t replica) {
  if (!connections_[replica] || !network_.at(*connections_[replica]).is_up)
    return nullptr;
  return &network_.at(*connections_[replica]);
}

answer_ptr simulated_cluster::submit(append request) {
  auto into = std::make_shared<answer>();
  caf::anon_send(handles_[0].writer, messages::submit_append{std::make_shared<recorded_append>(
                                         std::move(request), into)});
  return into;
}

std::optional<messages::log_positions> simulated_cluster::positions(std::size_t slot) {
  if (!is_running(slot))
    return std::nullopt;
  if (slot == 0)
    return ask_alone<messages::log_positions>(
        network_[0], caf::actor_cast<messages::spool_writer_actor>(handles_[0].writer),
        messages::get_log_positions{});
  return ask_alone<messages::log_positions>(network_[slot], handles_[slot].receiver,
                                            messages::get_log_positions{});
}

std::optional<topology> simulated_cluster::topology_of(std::size_t slot) {
  if (!is_running(slot))
    return std::nullopt;
  auto reply = ask_alone<messages::topology_reply>(network_[slot], handles_[slot].gate,
                                                   messages::topology_request{});
  return reply ? std::optional{reply->topology} : std::nullopt;
}

std::optional<node_status> simulated_cluster::status() {
  if (!is_running(0))
    return std::nullopt;
  auto reply =
      ask_alone<messages::status_reply>(network_[0], handles_[0].gate, messages::status_request{});
  return reply ? std::optional{reply->status} : std::nullopt;
}

std::vector<record> simulated_cluster::records_on_disk(std::size_t slot, lsn through) {
  return records_in(disk(slot), data_directory, no_lsn, through);
}

} // namespace sluice::test
