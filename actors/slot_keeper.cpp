#include "actors/slot_keeper.hpp"

#include "actors/placement.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace sluice::actors {

namespace {

struct keeper_state {
  static constexpr const char* name = "sluice.slot_keeper";
  std::optional<keeper_setup> setup;

  caf::result<messages::slots_stored> store(const messages::store_slots& request) const {
    if (auto err = setup->catalog->store({*request.slots, request.incomplete}))
      return err;
    return messages::slots_stored{};
  }

  caf::result<messages::disk_measured> measure() const {
    auto bytes = setup->context.disk->free_bytes(setup->context.directory);
    if (!bytes)
      return bytes.error();
    return messages::disk_measured{*bytes};
  }
};

messages::slot_keeper_actor::behavior_type
slot_keeper(messages::slot_keeper_actor::stateful_pointer<keeper_state> self, keeper_setup setup) {
  self->state.setup = std::move(setup);
  return {
      [self](const messages::store_slots& x) { return self->state.store(x); },
      [self](const messages::measure_disk&) { return self->state.measure(); },
  };
}

} // namespace

messages::slot_keeper_actor spawn_slot_keeper(caf::actor_system& system, keeper_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, slot_keeper, std::move(setup));
}

} // namespace sluice::actors
