#include "actors/replica_receiver.hpp"

#include "actors/placement.hpp"
#include "actors/replica_receiver_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

namespace {

messages::replica_receiver_actor::behavior_type
replica_receiver(replica_receiver_state::self_pointer self, receiver_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::stream_batches& x) { self->state.take(x); },
      [self](const messages::heartbeat& x) { self->state.take(x); },
      [self](const messages::attach_stream& x) { self->state.attach(x); },
      [self](const messages::flush_gathered&) { self->state.flush(); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const messages::records_applied& x) { self->state.note_applied(x); },
      [self](const messages::chore_finished& x) { self->state.finish_chore(x); },
      [self](const messages::attach_applier& x) { self->state.attach_applier(x); },
      [self](const messages::rebootstrap& x) { return self->state.restart(x); },
      [self](const messages::get_candidacy&) { return self->state.candidacy(); },
      [self](const messages::grant_request& x) { return self->state.grant(x); },
      [self](const messages::take_office& x) { return self->state.take_office(x); },
      [self](const messages::nodes_seen& x) { self->state.note_nodes(x); },
      [self](const messages::rewind& x) { return self->state.rewind(x); },
      [self](const messages::begin_install& x) { return self->state.begin_install(x); },
      [self](const messages::install_ended& x) { return self->state.end_install(x); },
      [self](const messages::await_applied& x) { return self->state.await(x); },
      [self](const messages::get_join_position&) { return self->state.join_position(); },
      [self](const messages::get_log_positions&) { return self->state.positions(); },
      [self](const messages::close_log&) {
        auto closed = self->state.close();
        self->quit();
        return closed;
      },
  };
}

} // namespace

messages::replica_receiver_actor spawn_replica_receiver(caf::actor_system& system,
                                                        receiver_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, replica_receiver, std::move(setup));
}

} // namespace sluice::actors
