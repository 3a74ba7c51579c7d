#include "actors/node_opening.hpp"

#include "actors/directory_rule.hpp"
#include "actors/log_opening.hpp"
#include "actors/log_reader.hpp"
#include "actors/node_supervisor.hpp"
#include "actors/primary_actors.hpp"
#include "actors/record_reader.hpp"
#include "actors/replica_applier.hpp"
#include "actors/replica_gate.hpp"
#include "actors/replica_receiver.hpp"
#include "actors/snapshot_giving.hpp"
#include "actors/snapshot_receiver.hpp"
#include "actors/state_opening.hpp"
#include "persistence/log_rewind.hpp"
#include "persistence/slot_catalog.hpp"
#include "persistence/unfinished_import.hpp"

#include <caf/send.hpp>

#include <spdlog/spdlog.h>

namespace sluice::actors {

namespace {

/// A directory that is locked, understood and entered for this life of the node.
struct entered_directory {
  node_context context;
  persistence::node_state state;
  std::shared_ptr<persistence::node_state_store> store;
  directory_hold hold;
};

std::string hex(std::uint64_t x) {
  return fmt::format("{:016x}", x);
}

caf::error check_names(const node_config& config) {
  for (const auto* name : {&config.name, &config.region, &config.cluster})
    if (!name->empty() && !is_valid_name(*name))
      return make_error(errc::invalid_argument,
                        "'" + *name + "' is no name: use [A-Za-z0-9._-]{1,64}");
  if (config.data.empty())
    return make_error(errc::invalid_argument, "no data directory was given");
  return caf::none;
}

/// Segments without a node_state are somebody's log whose owner cannot be told any more.
caf::error check_not_orphaned(persistence::vfs& disk, const std::filesystem::path& directory) {
  auto names = disk.list(directory);
  if (!names)
    return names.error();
  if (auto found = persistence::find_unfinished_import(directory, *names))
    return persistence::to_error(*found, "open");
  for (const auto& name : *names)
    if (name.ends_with(".seg"))
      return make_error(errc::corruption, directory.string() + ": " + name
                                              + " is there, but both copies of node_state are "
                                                "missing; restore one of them");
  return caf::none;
}

/// How a node wants to open its directory.
struct opening {
  persistence::node_role role;
  const node_config& config;
  replication::members declared;
  /// The policy of those who ask for none, when one was given.
  std::optional<commit_policy> floor;
};

caf::error check_may_vote(const persistence::node_state& state, const commit_policy& policy) {
  auto members = replication::members::make(state.members);
  if (!members)
    return members.error();
  if (std::holds_alternative<policy_quorum>(policy) && members->empty())
    return make_error(errc::invalid_argument,
                      "policy quorum needs declared members: name them with --members on the "
                      "first start");
  if (!members->empty() && !members->contains(state.node))
    return make_error(errc::invalid_argument, "node " + state.node + " is not one of its members "
                                                  + replication::to_string(*members));
  return caf::none;
}

struct directory_verdict {
  persistence::node_state state;
  std::string warning;
};

/// What the directory says to the opening. Only reads.
caf::expected<directory_verdict> look_at(persistence::vfs& disk, const opening& wanted,
                                         const new_directory& fresh) {
  directory_verdict verdict;
  const auto& directory = wanted.config.data;
  auto remembered = persistence::read_node_state(disk, directory, verdict.warning);
  if (!remembered)
    return remembered.error();
  auto is_there = disk.exists(directory);
  if (!is_there)
    return is_there.error();
  if (!*remembered && *is_there)
    if (auto err = check_not_orphaned(disk, directory))
      return err;
  auto state = state_to_open(*remembered, wanted.role, wanted.config, wanted.declared, fresh);
  if (!state)
    return state.error();
  if (wanted.role == persistence::node_role::primary)
    if (auto err = check_may_vote(*state, wanted.floor.value_or(policy_local{})))
      return err;
  verdict.state = std::move(*state);
  return verdict;
}

/// Refuses what must not even be given a lock file. What has one may be in another process's
/// hands, and in the middle of being made: it is looked at once it is locked.
caf::error check_unlocked(persistence::vfs& disk, const opening& wanted,
                          const new_directory& fresh) {
  auto lock_path = wanted.config.data / persistence::lock_file_name;
  auto was_locked_before = disk.exists(lock_path);
  if (!was_locked_before)
    return was_locked_before.error();
  if (*was_locked_before)
    return caf::none;
  auto verdict = look_at(disk, wanted, fresh);
  if (verdict)
    return caf::none;
  auto is_locked_by_now = disk.exists(lock_path);
  return is_locked_by_now && *is_locked_by_now ? caf::none : verdict.error();
}

caf::expected<entered_directory> enter(const opening& wanted, const node_environment& machine) {
  const auto& config = wanted.config;
  if (auto err = check_names(config))
    return err;
  auto& disk = *machine.disk;
  storage_id storage{machine.random->next()};
  new_directory fresh{storage, "c-" + hex(machine.random->next())};
  if (auto err = check_unlocked(disk, wanted, fresh))
    return err;
  if (auto err = disk.create_directories(config.data))
    return err;
  auto lock = disk.lock(config.data);
  if (!lock)
    return lock.error();
  entered_directory entered;
  entered.hold = std::shared_ptr<const void>(lock->release(), [](const void* held) {
    delete static_cast<const persistence::directory_lock*>(held);
  });
  auto verdict = look_at(disk, wanted, fresh);
  if (!verdict)
    return verdict.error();
  entered.context = {machine.disk,     machine.wall, machine.random,          machine.log,
                     config.data,      {},           machine.detach_blocking, machine.network,
                     machine.throttle, machine.roles};
  if (!verdict->warning.empty())
    entered.context.log->warn("{}", verdict->warning);
  entered.store = std::make_shared<persistence::node_state_store>(disk, config.data);
  entered.state = std::move(verdict->state);
  entered.context.node = entered.state.node;
  return entered;
}

/// A log that was to begin anew, or to be cut, when the node died is changed first.
caf::expected<std::shared_ptr<persistence::spool>> open_spool(entered_directory& entered,
                                                              const node_config& config) {
  const auto& context = entered.context;
  auto place = log_place_of(context, spool_options_of(config), entered.state.cluster);
  if (!entered.state.restart && !entered.state.rewind)
    return open_log(context, place);
  auto opened = entered.state.rewind
                    ? persistence::rewind_log(place, *entered.store, entered.state)
                    : persistence::restart_log(place, *entered.store, entered.state);
  if (!opened)
    return opened.error();
  say_what_was_found(context, **opened);
  return std::shared_ptr<persistence::spool>(std::move(*opened));
}

/// The catalog is stored before the incarnation, so from the second life on it is there.
bool is_first_life(const entered_directory& entered) {
  return entered.state.incarnation <= sluice::incarnation{1};
}

/// It was promoted, and never before: nobody has missed a catalog that is not there.
bool is_first_office(const persistence::node_state& x) {
  auto is_own = [&x](const auto& timeline) { return timeline.node == x.node; };
  return x.history.size() > 1 && std::count_if(x.history.begin(), x.history.end(), is_own) == 1;
}

/// A directory whose catalog is of a newer version is refused before anything is touched.
caf::expected<persistence::slot_list> load_slots(const entered_directory& entered,
                                                 persistence::slot_catalog& catalog) {
  std::string warning;
  auto slots = catalog.load(!is_first_life(entered), warning);
  if (!warning.empty() && !is_first_office(entered.state))
    entered.context.log->warn("slots: {}", warning);
  return slots;
}

node_start start_of(const entered_directory& entered, lsn durable, bool confirming) {
  const auto& state = entered.state;
  return {state.node, state.term, state.timeline,
          durable,    confirming, state.role == persistence::node_role::primary};
}

template <class Handle>
supervised under(std::string name, const Handle& child) {
  return {std::move(name), caf::actor_cast<caf::strong_actor_ptr>(child)};
}

caf::expected<opened_primary> start_primary(caf::actor_system& system, const primary_config& config,
                                            const node_environment& machine) {
  auto declared = replication::members::make(config.members);
  if (!declared)
    return declared.error();
  auto entered = enter(
      {persistence::node_role::primary, config, *declared, config.policy.value_or(policy_local{})},
      machine);
  if (!entered)
    return entered.error();
  auto members = replication::members::make(entered->state.members);
  if (!members)
    return members.error();
  auto policy = policy_to_open(entered->state, config, *entered->context.log);
  if (!policy)
    return policy.error();
  auto catalog = std::make_shared<persistence::slot_catalog>(*machine.disk, config.data);
  auto slots = load_slots(*entered, *catalog);
  if (!slots)
    return slots.error();
  if (auto err = open_state(config))
    return err;
  if (auto err = settle_install(config, entered->state))
    return err;
  // Before the incarnation is stored: a directory that is refused stays as it was.
  auto spool = open_spool(*entered, config);
  if (!spool)
    return spool.error();
  if (auto err = check_state(config, (*spool)->oldest_lsn(), (*spool)->durable_lsn()))
    return err;
  if (is_first_life(*entered))
    if (auto err = catalog->store(*slots))
      return err;
  if (auto err = entered->store->store(entered->state))
    return err;
  forget_incoming(entered->context);

  primary_setup setup;
  setup.context = entered->context;
  setup.state = entered->state;
  setup.spool = *spool;
  setup.spool_options = spool_options_of(config);
  setup.store = entered->store;
  setup.reopen = [context = setup.context, options = setup.spool_options,
                  cluster = entered->state.cluster] {
    return open_log(context, log_place_of(context, options, cluster));
  };
  setup.floor = *policy;
  setup.writer.flow = config.flow;
  setup.declared = *members;
  setup.buffer.bytes_max = config.buffer_bytes;
  setup.gate.sessions.window_bytes = config.window_bytes;
  setup.replicas_max = config.replicas_max;
  setup.catalog = catalog;
  setup.slots = std::move(*slots);
  setup.slot_limits = slot_settings_of(config);
  setup.applier = config.applier;
  setup.snapshots = config.snapshots;
  setup.snapshot = snapshot_settings_of(config);
  auto durable = (*spool)->durable_lsn();
  auto actors = spawn_primary(system, std::move(setup));
  return opened_primary{actors.supervisor,
                        actors.gate,
                        actors.writer,
                        actors.inbox,
                        actors.reader,
                        actors.topology,
                        entered->hold,
                        actors.disk_writers,
                        start_of(*entered, durable, !members->empty()),
                        std::make_shared<node_context>(entered->context),
                        entered->state.cluster,
                        entered->state.nodes};
}

bool can_install(const node_config& config) {
  return config.applier && config.installs;
}

caf::expected<opened_replica> start_replica(caf::actor_system& system, const replica_config& config,
                                            const node_environment& machine) {
  auto entered = enter({persistence::node_role::replica, config, {}, std::nullopt}, machine);
  if (!entered)
    return entered.error();
  if (auto err = open_state(config))
    return err;
  if (auto err = settle_install(config, entered->state))
    return err;
  std::shared_ptr<persistence::spool> spool;
  if (!entered->state.cluster.empty()) {
    auto opened = open_spool(*entered, config);
    if (!opened)
      return opened.error();
    spool = *opened;
  }
  auto oldest = spool ? spool->oldest_lsn() : no_lsn;
  auto durable = spool ? spool->durable_lsn() : no_lsn;
  auto wants_snapshot = needs_snapshot(config, entered->state, oldest, durable);
  if (!wants_snapshot)
    return wants_snapshot.error();
  if (auto err = entered->store->store(entered->state))
    return err;

  const auto& context = entered->context;
  auto preparer = spawn_segment_preparer(system, context);
  auto log_reader = spawn_log_reader(system, context);
  auto buffer = spawn_wal_buffer(
      system, {context, buffer_limits{config.buffer_bytes, 10'000}, oldest, durable, log_reader});
  auto receiver = spawn_replica_receiver(system, {context,
                                                  {},
                                                  spool_options_of(config),
                                                  spool,
                                                  entered->store,
                                                  entered->state,
                                                  buffer,
                                                  preparer,
                                                  can_install(config),
                                                  *wants_snapshot,
                                                  applied_by(config)});
  opened_replica opened;
  opened.receiver = receiver;
  opened.buffer = buffer;
  opened.reader = spawn_record_reader(
      system, {buffer, caf::actor_cast<messages::applied_source_actor>(receiver), {}, {}});
  opened.directory = entered->hold;
  opened.disk_writers = {caf::actor_cast<caf::strong_actor_ptr>(receiver),
                         caf::actor_cast<caf::strong_actor_ptr>(preparer)};
  opened.start = start_of(*entered, durable, false);
  opened.context = std::make_shared<node_context>(context);
  opened.region = entered->state.region;
  opened.nodes = entered->state.nodes;
  opened.children = {under("record_reader", opened.reader), under("wal_buffer", buffer),
                     under("log_reader", log_reader), under("segment_preparer", preparer)};
  if (config.applier) {
    auto applier = spawn_replica_applier(system, {context, config.applier, buffer, receiver});
    caf::anon_send(receiver,
                   messages::attach_applier{caf::actor_cast<caf::strong_actor_ptr>(applier)});
    opened.children.push_back(under("replica_applier", applier));
    // The embedder's state may stand in the directory, too.
    opened.disk_writers.push_back(caf::actor_cast<caf::strong_actor_ptr>(applier));
    if (can_install(config)) {
      opened.snapshots =
          spawn_snapshot_receiver(system, {context, {}, config.installs, receiver, applier});
      opened.children.push_back(under("snapshot_receiver", opened.snapshots));
      opened.disk_writers.push_back(caf::actor_cast<caf::strong_actor_ptr>(opened.snapshots));
    }
  }
  if (config.applier && config.snapshots)
    give_snapshots(system, config, opened);
  return opened;
}

} // namespace

caf::expected<opened_primary> open_primary(caf::actor_system& system, const primary_config& config,
                                           const node_environment& machine) {
  auto opened = start_primary(system, config, machine);
  if (!opened)
    return with_room_advice(*machine.disk, config.data, opened.error());
  return opened;
}

caf::expected<opened_replica> open_replica(caf::actor_system& system, const replica_config& config,
                                           const node_environment& machine) {
  auto opened = start_replica(system, config, machine);
  if (!opened)
    return with_room_advice(*machine.disk, config.data, opened.error());
  return opened;
}

published_replica supervise_replica(caf::actor_system& system, const opened_replica& opened,
                                    messages::replica_link_actor link,
                                    messages::promoter_actor promoter) {
  const auto& context = *opened.context;
  auto gate = spawn_replica_gate(system, {context, opened.region, opened.receiver, opened.reader,
                                          link, opened.buffer, promoter, opened.snapshot_keeper});
  std::vector<supervised> entrances{under("replica_gate", gate), under("replica_link", link)};
  if (promoter)
    entrances.push_back(under("promoter", promoter));
  auto supervisor = spawn_node_supervisor(
      system, {context, std::move(entrances), opened.receiver, opened.children,
               [link](const std::string& reason) {
                 caf::anon_send(link, messages::stream_broken{errc::log_failed, reason});
               }});
  return {supervisor, gate};
}

} // namespace sluice::actors
