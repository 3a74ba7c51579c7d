#include "actors/primary_actors.hpp"

#include "actors/applied_desk.hpp"
#include "actors/commit_coordinator.hpp"
#include "actors/directory_rule.hpp"
#include "actors/handover_desk.hpp"
#include "actors/log_reader.hpp"
#include "actors/node_supervisor.hpp"
#include "actors/record_reader.hpp"
#include "actors/replica_applier.hpp"
#include "actors/segment_preparer.hpp"
#include "actors/slot_keeper.hpp"
#include "actors/slot_registry.hpp"
#include "actors/snapshot_giving.hpp"
#include "actors/topology_advertiser.hpp"

#include <caf/send.hpp>

namespace sluice::actors {

namespace {

template <class Handle>
supervised under(std::string name, const Handle& child) {
  return {std::move(name), caf::actor_cast<caf::strong_actor_ptr>(child)};
}

gate_limits limits_of(const primary_setup& setup) {
  auto limits = setup.gate;
  limits.record_bytes_max = setup.spool_options.record_bytes_max;
  limits.append_bytes_max = setup.spool_options.append_bytes_max;
  limits.append_records_max = setup.spool_options.append_records_max;
  return limits;
}

/// Where it is reached is known once it is published.
replication::topology_origin origin_of(const primary_setup& setup) {
  const auto& state = setup.state;
  return {
      state.cluster, state.term, state.incarnation, state.timeline, {state.node, {}, state.region}};
}

std::optional<lsn> applied_by(const primary_setup& setup) {
  return setup.applier ? std::optional{setup.applier->applied()} : std::nullopt;
}

/// Null handles on a primary without an embedder's state.
struct primary_applier {
  messages::applied_desk_actor desk;
  messages::replica_applier_actor applier;
};

primary_applier spawn_applier(caf::actor_system& system, const primary_setup& setup,
                              const messages::wal_buffer_actor& buffer,
                              const messages::applied_source_actor& committed,
                              const messages::slot_registry_actor& registry) {
  auto applied = applied_by(setup);
  if (!applied)
    return {};
  auto desk = spawn_applied_desk(system, {setup.context, committed, registry, *applied});
  auto applier = spawn_replica_applier(system, {setup.context, setup.applier, buffer, desk});
  caf::anon_send(desk, messages::attach_applier{caf::actor_cast<caf::strong_actor_ptr>(applier)});
  return {desk, applier};
}

lsn term_start_of(const persistence::node_state& state) {
  return state.history.empty() ? no_lsn : state.history.back().fork_lsn;
}

/// Null handles where there is no state to give.
snapshot_givers spawn_givers(caf::actor_system& system, const primary_setup& setup,
                             const primary_applier& state, const messages::wal_buffer_actor& buffer,
                             const messages::slot_registry_actor& registry) {
  if (!state.desk || !setup.snapshots)
    return {};
  snapshot_keeper_setup keeper{setup.context, setup.snapshot, std::nullopt, {}, {},
                               buffer,        state.desk,     registry};
  keeper.origin = {setup.state.cluster, setup.state.term, setup.state.timeline};
  return spawn_snapshot_givers(system, setup.snapshots, std::move(keeper));
}

} // namespace

primary_actors spawn_primary(caf::actor_system& system, primary_setup setup) {
  const auto& context = setup.context;
  const auto& state = setup.state;
  auto oldest = setup.spool->oldest_lsn();
  auto durable = setup.spool->durable_lsn();
  replication::history_end opened_at{state.term, durable};

  auto preparer = spawn_segment_preparer(system, context);
  auto log_reader = spawn_log_reader(system, context);
  auto buffer = spawn_wal_buffer(system, {context, setup.buffer, oldest, durable, log_reader});
  auto coordinator = spawn_commit_coordinator(
      system, {context, setup.declared, setup.floor, durable, term_start_of(state)});
  auto inbox = std::make_shared<messages::append_inbox>(setup.writer.gathered_bytes_max,
                                                        setup.writer.gathered_appends_max);
  auto writer = spawn_spool_writer(system, {context, setup.spool, setup.spool_options, setup.writer,
                                            state.term, state.timeline, setup.floor, setup.declared,
                                            setup.declared.empty(), coordinator, buffer, preparer,
                                            setup.store, state, setup.reopen, inbox});
  auto keeper = spawn_slot_keeper(system, {context, setup.catalog});
  auto registry = spawn_slot_registry(
      system,
      {context, state.cluster, state.storage, state.term, state.timeline, timelines_of(state),
       setup.declared, setup.replicas_max,
       std::chrono::milliseconds{replication::is_on(setup.writer.flow) ? 10 : 0}, oldest, durable,
       coordinator, writer, keeper, setup.slot_limits, setup.slots, applied_by(setup)});
  auto topology = spawn_topology_advertiser(
      system, {context, setup.topology, origin_of(setup), registry, writer});
  auto applied = setup.declared.empty()
                     ? caf::actor_cast<messages::applied_source_actor>(buffer)
                     : caf::actor_cast<messages::applied_source_actor>(coordinator);
  auto state_applier = spawn_applier(system, setup, buffer, applied, registry);
  if (state_applier.desk)
    applied = caf::actor_cast<messages::applied_source_actor>(state_applier.desk);
  auto givers = spawn_givers(system, setup, state_applier, buffer, registry);
  auto reader = spawn_record_reader(system, {buffer, applied, state.term, state.timeline});
  auto handover = spawn_handover_desk(
      system, {context, {}, state.term, setup.declared, writer, registry, coordinator, topology});
  auto gate = spawn_primary_gate(system, {context,
                                          limits_of(setup),
                                          state.cluster,
                                          state.region,
                                          state.term,
                                          state.timeline,
                                          setup.floor,
                                          setup.declared,
                                          state.members_version,
                                          state.history,
                                          opened_at,
                                          registry,
                                          buffer,
                                          reader,
                                          writer,
                                          coordinator,
                                          topology,
                                          handover,
                                          givers.keeper,
                                          state_applier.desk});

  supervisor_setup owned{context,
                         {under("primary_gate", gate), under("handover_desk", handover)},
                         writer,
                         {under("slot_registry", registry), under("slot_keeper", keeper),
                          under("record_reader", reader), under("topology_advertiser", topology),
                          under("commit_coordinator", coordinator), under("wal_buffer", buffer),
                          under("log_reader", log_reader), under("segment_preparer", preparer)},
                         [gate, coordinator](const std::string& reason) {
                           caf::anon_send(gate, messages::node_failed{reason});
                           caf::anon_send(coordinator, messages::log_latched{reason});
                         }};
  primary_actors made{{},
                      gate,
                      writer,
                      inbox,
                      buffer,
                      reader,
                      topology,
                      {caf::actor_cast<caf::strong_actor_ptr>(writer),
                       caf::actor_cast<caf::strong_actor_ptr>(keeper),
                       caf::actor_cast<caf::strong_actor_ptr>(preparer)}};
  if (state_applier.desk) {
    owned.others.push_back(under("applied_desk", state_applier.desk));
    owned.others.push_back(under("replica_applier", state_applier.applier));
    // The embedder's state may stand in the directory, too.
    made.disk_writers.push_back(caf::actor_cast<caf::strong_actor_ptr>(state_applier.applier));
  }
  if (givers.keeper) {
    owned.others.push_back(under("snapshot_keeper", givers.keeper));
    owned.others.push_back(under("snapshot_builder", givers.builder));
    made.disk_writers.push_back(caf::actor_cast<caf::strong_actor_ptr>(givers.builder));
  }
  made.supervisor = spawn_node_supervisor(system, std::move(owned));
  return made;
}

} // namespace sluice::actors
