#include "actors/node_supervisor.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace sluice::actors {

namespace {

constexpr auto close_deadline = std::chrono::seconds{4};

class supervisor_state {
public:
  static constexpr const char* name = "sluice.node_supervisor";
  using self_pointer = messages::node_supervisor_actor::stateful_pointer<supervisor_state>;

  ~supervisor_state() {
    if (setup_)
      stop_all();
  }

  void init(self_pointer self, supervisor_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    self->set_down_handler([self](const caf::down_msg& down) { self->state.child_ended(down); });
    for (const auto* children : {&setup_->entrances, &setup_->others})
      for (const auto& x : *children)
        self->monitor(x.child);
    self->monitor(setup_->log_owner);
  }

  caf::result<messages::log_closed> close() {
    auto promise = self_->make_response_promise<messages::log_closed>();
    closing_ = true;
    setup_->context.closing->store(true);
    stop(setup_->entrances);
    self_->request(setup_->log_owner, close_deadline, messages::close_log{})
        .then(
            [self = self_, promise](const messages::log_closed& closed) mutable {
              promise.deliver(closed);
              self->quit();
            },
            [self = self_, promise](const caf::error& why) mutable {
              promise.deliver(
                  messages::log_closed{"the log could not be closed in time: " + describe(why)});
              self->quit();
            });
    return promise;
  }

private:
  static void stop(const std::vector<supervised>& children) {
    for (const auto& x : children)
      caf::anon_send_exit(caf::actor_cast<caf::actor>(x.child), caf::exit_reason::user_shutdown);
  }

  void stop_all() {
    stop(setup_->entrances);
    caf::anon_send_exit(setup_->log_owner, caf::exit_reason::user_shutdown);
    stop(setup_->others);
  }

  std::string name_of(const caf::actor_addr& address) const {
    for (const auto* children : {&setup_->entrances, &setup_->others})
      for (const auto& x : *children)
        if (x.child == address)
          return x.name;
    return "log owner";
  }

  void child_ended(const caf::down_msg& down) {
    if (closing_)
      return;
    auto reason = name_of(down.source) + " ended by itself: " + caf::to_string(down.reason);
    setup_->context.log->error("an actor died, the node acknowledges nothing any more "
                               "node={} reason=\"{}\"",
                               setup_->context.node, reason);
    closing_ = true;
    caf::anon_send_exit(setup_->log_owner, caf::exit_reason::kill);
    if (setup_->on_failure)
      setup_->on_failure(reason);
  }

  self_pointer self_ = nullptr;
  std::optional<supervisor_setup> setup_;
  bool closing_ = false;
};

messages::node_supervisor_actor::behavior_type node_supervisor(supervisor_state::self_pointer self,
                                                               supervisor_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::close_node&) { return self->state.close(); },
  };
}

} // namespace

messages::node_supervisor_actor spawn_node_supervisor(caf::actor_system& system,
                                                      supervisor_setup setup) {
  return system.spawn(node_supervisor, std::move(setup));
}

} // namespace sluice::actors
