#include "net/topology_link.hpp"

#include "actors/context.hpp"
#include "config/endpoint.hpp"
#include "net/connect_failure.hpp"
#include "net/middleman_connect.hpp"
#include "net/pending_connect.hpp"
#include "net/stale_connection.hpp"
#include "replication/topology_route.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>

namespace sluice::net {

namespace {

constexpr std::uint64_t refresh_timer = 0;
constexpr std::uint64_t deadline_timer = 1;

std::optional<node_endpoint> endpoint_in(const std::string& text) {
  auto parsed = config::parse_endpoint(text);
  if (!parsed || parsed->port == 0)
    return std::nullopt;
  return node_endpoint{parsed->host, parsed->port};
}

/// Who waits for a higher epoch.
struct waiting_caller {
  caf::typed_response_promise<topology> promise;
  topology_epoch than;
  replication::monotonic_ns deadline;
};

class topology_link_state {
public:
  static constexpr const char* name = "sluice.topology_link";
  using self_pointer = topology_link_actor::stateful_pointer<topology_link_state>;

  void init(self_pointer self, topology_link_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    self->set_down_handler([self](const caf::down_msg& down) {
      if (self->state.gate_ && down.source == self->state.gate_.address())
        self->state.leave("the connection was lost");
    });
    self->set_exit_handler(
        [self](const caf::exit_msg& exit) { self->state.pending_connect_.end(self, exit.reason); });
    arm(refresh_timer, setup_->refresh_every);
    connect();
  }

  /// A push; also what a replica says to one that would subscribe.
  void take_push(const messages::topology_reply& told) {
    auto sender = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!told.well_formed || told.code != errc::ok || !sender)
      return;
    self_->send(caf::actor_cast<messages::topology_source_actor>(sender),
                messages::topology_seen{true, told.topology.epoch});
    learn(told.topology, true);
  }

  void fire_timer(const messages::timer_fired& fired) {
    expire();
    if (fired.generation != refresh_timer)
      return;
    arm(refresh_timer, setup_->refresh_every);
    if (pending_connect_.is_ending() || is_connecting_)
      return;
    if (gate_)
      ask();
    else
      connect();
  }

  caf::result<topology> await(const await_topology& x) {
    auto promise = self_->make_response_promise<topology>();
    auto known = setup_->into->load();
    if (known && known->what.epoch > x.than) {
      promise.deliver(known->what);
    } else {
      waiting_.push_back({promise, x.than, replication::later(actors::now_of(self_), x.within)});
      arm(deadline_timer, x.within);
    }
    return promise;
  }

private:
  void arm(std::uint64_t timer, std::chrono::milliseconds delay) {
    self_->delayed_send(self_, delay, messages::timer_fired{timer});
  }

  /// The primary first, then the other nodes it named, then the seeds; each once.
  std::vector<node_endpoint> candidates() const {
    std::vector<node_endpoint> result;
    auto add = [&](const node_endpoint& x) {
      if (x.port != 0 && std::find(result.begin(), result.end(), x) == result.end())
        result.push_back(x);
    };
    if (auto known = setup_->into->load()) {
      add(known->primary);
      for (const auto& replica : known->what.replicas)
        if (auto where = endpoint_in(replica.endpoint))
          add(*where);
    }
    for (const auto& seed : setup_->seeds)
      add(seed);
    return result;
  }

  void connect() {
    auto known = candidates();
    where_ = known[turn_ % known.size()];
    is_connecting_ = true;
    pending_connect_.begin(where_);
    connect_to(
        self_, dialer_, where_,
        [self = self_](const messages::node_gate_actor& gate) {
          self->state.is_connecting_ = false;
          if (self->state.pending_connect_.answered(self))
            self->state.connected(gate);
        },
        [self = self_](const std::string& reason) {
          self->state.is_connecting_ = false;
          if (self->state.pending_connect_.answered(self))
            self->state.leave(reason);
        });
  }

  void connected(const messages::node_gate_actor& gate) {
    gate_ = gate;
    self_->monitor(gate_);
    ask();
  }

  void ask() {
    if (std::exchange(is_asking_, true))
      return;
    auto gate = gate_;
    self_->request(gate, setup_->answer_within, messages::topology_request{})
        .then(
            [self = self_, gate](const messages::topology_reply& told) {
              self->state.is_asking_ = false;
              if (self->state.gate_ == gate)
                self->state.take_answer(told);
            },
            [self = self_, gate](const caf::error& why) {
              self->state.is_asking_ = false;
              if (self->state.gate_ != gate)
                return;
              shut_connections_to(self->state.where_);
              self->state.leave(connect_failure(why));
            });
  }

  void take_answer(const messages::topology_reply& told) {
    if (!told.well_formed) {
      leave("its answer could not be understood");
      return;
    }
    auto is_primary = told.code == errc::ok;
    auto is_known = !told.topology.cluster.empty();
    auto news = is_known ? learn(told.topology, is_primary) : replication::topology_news::stale;
    if (!is_primary) {
      leave(told.reason.empty() ? "it is no primary" : told.reason);
      // The first of the candidates is the primary that was just named.
      if (news == replication::topology_news::newer) {
        turn_ = 0;
        connect();
      }
    } else if (is_overtaken(told.topology)) {
      leave("it was the primary once");
    } else if (!std::exchange(is_subscribed_, true)) {
      turn_ = 0;
      self_->send(gate_, messages::topology_subscribe{});
    }
  }

  bool is_overtaken(const topology& told) const {
    auto known = setup_->into->load();
    return known && (known->what.epoch > told.epoch || known->what.cluster != told.cluster);
  }

  replication::topology_news learn(const topology& told, bool from_primary) {
    auto known = setup_->into->load();
    auto news = replication::judge_topology(known ? &known->what : nullptr, told);
    if (news != replication::topology_news::newer && news != replication::topology_news::measured)
      return news;
    auto primary = endpoint_in(told.primary.endpoint);
    if (!primary)
      primary = from_primary ? where_ : node_endpoint{"", 0};
    setup_->into->store(std::make_shared<const learned_topology>(
        learned_topology{told, self_->clock().now(), *primary}));
    if (news == replication::topology_news::newer)
      tell_waiting(told);
    return news;
  }

  void tell_waiting(const topology& told) {
    std::erase_if(waiting_, [&](waiting_caller& x) {
      auto is_served = told.epoch > x.than;
      if (is_served)
        x.promise.deliver(told);
      return is_served;
    });
  }

  void expire() {
    auto now = actors::now_of(self_);
    std::erase_if(waiting_, [&](waiting_caller& x) {
      auto is_late = x.deadline <= now;
      if (is_late)
        x.promise.deliver(make_error(errc::timed_out, trouble_));
      return is_late;
    });
  }

  /// Tries the next node at the next refresh.
  void leave(const std::string& reason) {
    if (gate_)
      self_->demonitor(gate_.address());
    gate_ = nullptr;
    is_subscribed_ = false;
    trouble_ = to_string(where_) + ": " + reason;
    ++turn_;
  }

  self_pointer self_ = nullptr;
  std::optional<topology_link_setup> setup_;
  node_endpoint where_;
  messages::node_gate_actor gate_;
  dialer dialer_;
  pending_connect pending_connect_;
  std::vector<waiting_caller> waiting_;
  std::size_t turn_ = 0;
  bool is_connecting_ = false;
  bool is_asking_ = false;
  bool is_subscribed_ = false;
  /// Why no more is known.
  std::string trouble_ = "nothing new was told";
};

topology_link_actor::behavior_type topology_link(topology_link_state::self_pointer self,
                                                 topology_link_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::topology_reply& x) { self->state.take_push(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const await_topology& x) { return self->state.await(x); },
  };
}

} // namespace

topology_link_actor spawn_topology_link(caf::actor_system& system, topology_link_setup setup) {
  return system.spawn(topology_link, std::move(setup));
}

} // namespace sluice::net
