#include "actors/spool_writer.hpp"

#include "actors/placement.hpp"
#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

namespace {

messages::spool_writer_actor::behavior_type spool_writer(spool_writer_state::self_pointer self,
                                                         writer_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::submit_append& x) {
        self->state.gather({&x.item, 1});
      },
      [self](const messages::submit_appends& x) { self->state.gather(x.items); },
      [self](const messages::take_inbox&) { self->state.take_inbox(); },
      [self](const messages::flush_gathered&) { self->state.write_gathered(); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const messages::allow_appends&) { self->state.allow_appends(); },
      [self](const messages::voters_seen& x) { self->state.see_voters(x); },
      [self](const messages::set_default_policy& x) { return self->state.set_policy(x.policy); },
      [self](const messages::grant_request& x) { return self->state.grant(x); },
      [self](const messages::step_down& x) { self->state.step_down(x); },
      [self](const messages::nodes_seen& x) { self->state.note_nodes(x); },
      [self](const messages::pause_appends& x) { return self->state.pause(x); },
      [self](const messages::resume_appends&) { self->state.resume(); },
      [self](const messages::subscribe_batches& x) { return self->state.add_listener(x); },
      [self](const messages::chore_finished& x) { self->state.finish_chore(x); },
      [self](const messages::get_log_positions&) { return self->state.positions(); },
      [self](const messages::watch_room& x) { self->state.watch_room(x); },
      [self](const messages::measure_log&) { return self->state.measure(); },
      [self](const messages::prune_log& x) { return self->state.prune(x); },
      [self](const messages::close_log&) {
        auto closed = self->state.close();
        self->quit();
        return closed;
      },
  };
}

} // namespace

messages::spool_writer_actor spawn_spool_writer(caf::actor_system& system, writer_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, spool_writer, std::move(setup));
}

} // namespace sluice::actors
