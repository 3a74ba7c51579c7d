#include "actors/segment_preparer.hpp"

#include "actors/placement.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

namespace {

struct preparer_state {
  static constexpr const char* name = "sluice.segment_preparer";
  node_context context;

  messages::chore_finished run(const persistence::chore& work) {
    messages::chore_finished done;
    auto made = persistence::run_chore(*context.disk, work, [this](std::uint64_t bytes) {
      if (context.throttle)
        context.throttle(bytes);
      return !context.closing->load();
    });
    if (!made && code_of(made.error()) == errc::closed) {
      done.failure = "the node is closing";
    } else if (!made) {
      done.failure = describe(made.error());
      context.log->warn("segment chore failed reason=\"{}\"", done.failure);
    } else if (*made) {
      done.prepared_path = (*made)->path.string();
      done.prepared_bytes = (*made)->bytes;
    }
    return done;
  }
};

segment_preparer_actor::behavior_type
segment_preparer(segment_preparer_actor::stateful_pointer<preparer_state> self,
                 node_context context) {
  self->state.context = std::move(context);
  return {
      [self](const do_chores& work) {
        auto owner = caf::actor_cast<chore_listener_actor>(self->current_sender());
        for (const auto& chore : work.chores)
          self->send(owner, self->state.run(chore));
      },
  };
}

} // namespace

segment_preparer_actor spawn_segment_preparer(caf::actor_system& system,
                                              const node_context& context) {
  return spawn_blocking(system, context.detach_blocking, segment_preparer, context);
}

} // namespace sluice::actors
