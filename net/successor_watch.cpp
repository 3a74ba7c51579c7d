#include "net/successor_watch.hpp"

#include "actors/grant_answer.hpp"
#include "config/endpoint.hpp"
#include "net/middleman_connect.hpp"
#include "net/pending_connect.hpp"
#include "replication/rival_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <utility>

namespace sluice::net {

namespace {

constexpr auto answer_within = std::chrono::seconds{2};

class watch_state {
public:
  static constexpr const char* name = "sluice.successor_watch";
  using self_pointer = successor_watch_actor::stateful_pointer<watch_state>;

  void init(self_pointer self, watch_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    self->set_exit_handler(
        [self](const caf::exit_msg& exit) { self->state.pending_connect_.end(self, exit.reason); });
    look();
  }

  /// Asks the next node; whatever comes of it, the one after that is asked later.
  void look() {
    self_->delayed_send(self_, setup_->ask_every, messages::timer_fired{});
    learn_nodes();
    if (setup_->nodes.empty())
      return;
    auto endpoint = config::parse_endpoint(setup_->nodes[turn_++ % setup_->nodes.size()].endpoint);
    if (!endpoint || is_asking_)
      return;
    is_asking_ = true;
    node_endpoint where{endpoint->host, endpoint->port};
    pending_connect_.begin(where);
    connect_to(
        self_, dialer_, where,
        [self = self_](const messages::node_gate_actor& gate) {
          if (self->state.pending_connect_.answered(self))
            self->state.ask(gate);
        },
        [self = self_](const std::string&) {
          self->state.is_asking_ = false;
          self->state.pending_connect_.answered(self);
        });
  }

private:
  /// A primary may be deposed by a node that it met in this life.
  void learn_nodes() {
    self_
        ->request(setup_->topology, answer_within,
                  messages::get_topology{replication::caller_right::full})
        .then(
            [self = self_](const messages::topology_reply& x) {
              auto& nodes = self->state.setup_->nodes;
              for (const auto& replica : x.topology.replicas)
                actors::with_node(nodes, {replica.id, replica.endpoint}, x.topology.primary.id);
            },
            // It is asked again.
            [](const caf::error&) {});
  }

  void ask(const messages::node_gate_actor& gate) {
    self_->request(gate, answer_within, messages::topology_request{})
        .then(
            [self = self_](const messages::topology_reply& x) {
              self->state.is_asking_ = false;
              self->state.judge(x);
            },
            [self = self_, gate](const caf::error& why) {
              self->state.is_asking_ = false;
              if (why != caf::sec::request_timeout)
                forget_remote(gate);
            });
  }

  void judge(const messages::topology_reply& told) {
    const auto& seen = told.topology;
    if (!told.well_formed || seen.cluster != setup_->cluster)
      return;
    const auto& own = setup_->context.node;
    switch (replication::judge_rival({own, setup_->term}, {seen.primary.id, seen.epoch.term},
                                     setup_->has_members)) {
    case replication::rival_verdict::none: return;
    case replication::rival_verdict::deposed:
      return end(seen, "node " + seen.primary.id + " is the primary of term "
                           + to_string(seen.epoch.term));
    case replication::rival_verdict::outlasts:
      return complain(seen.primary.id + " has to end, " + own + " stays");
    case replication::rival_verdict::yields:
      complain(own + " ends, " + seen.primary.id + " stays");
      return end(seen, "node " + seen.primary.id + " was promoted in the same term "
                           + to_string(seen.epoch.term) + ", and stays the primary");
    }
  }

  void end(const topology& seen, std::string reason) {
    self_->send(setup_->writer,
                messages::step_down{seen.epoch.term, seen.primary.endpoint, std::move(reason)});
  }

  /// Once: what both acknowledged is on two histories, and somebody has to look.
  void complain(const std::string& what_now) {
    if (!std::exchange(has_complained_, true))
      setup_->context.log->error("two nodes were promoted in one term, what both took is on two "
                                 "histories term={} reason=\"{}\"",
                                 setup_->term.value, what_now);
  }

  self_pointer self_ = nullptr;
  std::optional<watch_setup> setup_;
  dialer dialer_;
  pending_connect pending_connect_;
  std::size_t turn_ = 0;
  bool is_asking_ = false;
  bool has_complained_ = false;
};

successor_watch_actor::behavior_type successor_watch(watch_state::self_pointer self,
                                                     watch_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::timer_fired&) { self->state.look(); },
  };
}

} // namespace

successor_watch_actor spawn_successor_watch(caf::actor_system& system, watch_setup setup) {
  return system.spawn(successor_watch, std::move(setup));
}

} // namespace sluice::net
