#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>

namespace sluice {

/// Prepares the configuration of an actor system that will hold sluice nodes or clients:
/// message types, the middleman, and the scheduler and middleman settings that were
/// measured best (config/defaults.hpp says which and why). Call it before the actor
/// system is constructed; what the embedder sets afterwards wins, and is checked when a
/// node opens. Sluice's type ids begin at `caf::first_custom_type_id + 20000`.
void configure(caf::actor_system_config& config);

/// Whether nodes can live in `system`.
/// @returns `errc::bad_actor_system` naming each setting that is wrong and its remedy
caf::error check_actor_system(const caf::actor_system& system);

} // namespace sluice
