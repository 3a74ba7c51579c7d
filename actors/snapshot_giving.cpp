#include "actors/snapshot_giving.hpp"

#include "actors/snapshot_builder.hpp"

namespace sluice::actors {

snapshot_settings snapshot_settings_of(const node_config& config) {
  snapshot_settings x;
  x.limits.window_bytes = config.window_bytes;
  x.limits.bytes_per_second = config.snapshot_rate;
  return x;
}

snapshot_givers spawn_snapshot_givers(caf::actor_system& system,
                                      std::shared_ptr<snapshot_source> source,
                                      snapshot_keeper_setup setup) {
  snapshot_givers made;
  made.builder = spawn_snapshot_builder(system, {setup.context, std::move(source), setup.settings});
  setup.builder = made.builder;
  made.keeper = spawn_snapshot_keeper(system, std::move(setup));
  return made;
}

void give_snapshots(caf::actor_system& system, const node_config& config, opened_replica& opened) {
  snapshot_keeper_setup setup{*opened.context,
                              snapshot_settings_of(config),
                              std::nullopt,
                              opened.receiver,
                              {},
                              opened.buffer,
                              caf::actor_cast<messages::applied_source_actor>(opened.receiver),
                              {}};
  auto givers = spawn_snapshot_givers(system, config.snapshots, std::move(setup));
  auto keeper = caf::actor_cast<caf::strong_actor_ptr>(givers.keeper);
  auto builder = caf::actor_cast<caf::strong_actor_ptr>(givers.builder);
  opened.snapshot_keeper = givers.keeper;
  opened.children.push_back({"snapshot_keeper", keeper});
  opened.children.push_back({"snapshot_builder", builder});
  opened.disk_writers.push_back(builder);
}

} // namespace sluice::actors
