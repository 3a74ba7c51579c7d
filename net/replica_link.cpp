#include "net/replica_link.hpp"

#include "actors/placement.hpp"
#include "config/endpoint.hpp"
#include "net/middleman_connect.hpp"
#include "net/pending_connect.hpp"
#include "net/primary_search.hpp"
#include "net/snapshot_errand.hpp"
#include "replication/outage_log.hpp"
#include "replication/topology_route.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <random>

namespace sluice::net {

namespace {

constexpr std::uint64_t watch_timer = 0;
/// Bounds the wait for this node's own log to 160 ms.
constexpr std::uint32_t own_failure_attempt_max = 4;
constexpr auto watch_every = std::chrono::seconds{1};
constexpr const char* snapshot_trouble = "cannot get the state by a snapshot";
/// A subscription may get lost with a connection, and lags are told with it only.
constexpr auto subscribe_again_after = std::chrono::seconds{10};

class link_state {
public:
  static constexpr const char* name = "sluice.replica_link";
  using self_pointer = messages::replica_link_actor::stateful_pointer<link_state>;

  void init(self_pointer self, link_setup setup) {
    self_ = self;
    random_.seed(setup.random_seed);
    search_ = primary_search{setup.primaries};
    errand_ = snapshot_errand{setup.snapshots, setup.snapshot_from};
    setup_ = std::move(setup);
    self->set_down_handler([self](const caf::down_msg& down) { self->state.lost(down); });
    self->set_exit_handler([self](const caf::exit_msg& exit) {
      self->state.errand_.end();
      self->state.pending_connect_.end(self, exit.reason);
    });
    self->delayed_send(self, watch_every, messages::timer_fired{watch_timer});
    if (auto own = std::exchange(setup_->endpoint, std::nullopt))
      publish({*own});
  }

  void publish(const messages::node_published& x) {
    if (auto own = endpoint_of(x.endpoint))
      search_.leave_out(*own);
    if (!std::exchange(setup_->endpoint, x.endpoint))
      connect();
  }

  /// The candidate that was granted a term is there, or is going to be soon.
  void expect(const std::string& address) {
    if (auto where = endpoint_of(address)) {
      search_.expect(*where);
      attempt_ = 0;
      hurry_until_ = replication::later(actors::now_of(self_), replication::hurry_for);
    }
  }

  void take(const messages::welcome& accepted) {
    auto session = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!session || !accepted.well_formed || accepted.sequence != sequence_)
      return;
    session_ = session;
    self_->monitor(session_);
    primary_ = accepted.primary;
    heard_at_ = actors::now_of(self_);
    self_->send(setup_->receiver, messages::attach_stream{accepted, session});
    errand_.forget(self_);
    subscribe_to_topology();
  }

  void take(const messages::topology_reply& told) {
    if (!told.well_formed || told.code != errc::ok)
      return;
    auto sender = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (sender)
      self_->send(caf::actor_cast<messages::topology_source_actor>(sender),
                  messages::topology_seen{true, told.topology.epoch});
    const auto* known = topology_ ? &*topology_ : nullptr;
    auto news = replication::judge_topology(known, told.topology);
    if (news == replication::topology_news::newer || news == replication::topology_news::measured)
      topology_ = told.topology;
    if (news == replication::topology_news::newer)
      keep_nodes();
  }

  messages::topology_reply tell_topology(const messages::get_topology& x) const {
    if (!topology_)
      return {true, errc::not_primary, "this replica was told nothing by its primary yet", {}};
    return {true, errc::not_primary, "what this replica was told last",
            replication::visible_to(*topology_, x.right)};
  }

  void take(const messages::rejected& refused) {
    if (!refused.well_formed)
      return;
    if (refused.sequence != connect_sequence{} && refused.sequence != sequence_)
      return;
    rejected_ = true;
    if (auto told = endpoint_of(refused.primary_endpoint);
        told && refused.code == errc::not_primary && *told != target_)
      search_.follow(*told);
    // The text may name positions, which move.
    auto what = "refused: " + to_string(refused.code);
    give_up(what + ": " + refused.reason, what);
  }

  /// The receiver has the last word, and takes as long as its disk needs: `Told` is
  /// `rebootstrap` or `rewind`.
  template <class Told>
  void change_log(const Told& told, const char* what) {
    if (!told.well_formed || told.sequence != sequence_ || restarting_)
      return;
    restarting_ = true;
    self_->request(setup_->receiver, caf::infinite, told)
        .then([self = self_,
               what](const messages::log_restarted& x) { self->state.restarted(x, what); },
              [self = self_, what](const caf::error& why) {
                self->state.restarted({errc::closed, describe(why)}, what);
              });
  }

  /// The log goes on where no state of this node's is.
  void take(const messages::snapshot_needed& told) {
    if (!told.well_formed || told.sequence != sequence_ || restarting_)
      return;
    if (!errand_.is_possible()) {
      restarted({errc::unsupported, "this replica's state cannot be replaced"}, snapshot_trouble);
      return;
    }
    restarting_ = true;
    errand_.run(self_, told, gate_, [self = self_](const messages::log_restarted& x) {
      self->state.restarted(x, snapshot_trouble);
    });
  }

  /// What has come stays: the next try is worth making at once.
  void take(const messages::snapshot_progressed& x) {
    if (errand_.note(x))
      attempt_ = 0;
  }

  void heard() {
    auto now = actors::now_of(self_);
    heard_at_ = now;
    // Only progress ends the back-off: a session that ends at once must not be tried at once.
    attempt_ = 0;
    rejected_ = false;
    failure_.clear();
    if (auto outage = outages_.succeeded(now))
      setup_->context.log->info("primary is back primary={} outage_ms={} attempts={}", primary_,
                                outage->duration.count() / 1'000'000, outage->failures);
  }

  void broken(const messages::stream_broken& x) {
    rejected_ = x.code == errc::diverged || x.code == errc::wrong_cluster || x.code == errc::fenced;
    give_up(to_string(x.code) + ": " + x.reason, to_string(x.code));
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (fired.generation == watch_timer) {
      watch();
      self_->delayed_send(self_, watch_every, messages::timer_fired{watch_timer});
    } else if (fired.generation == retry_generation_) {
      connect();
    }
  }

  messages::link_status report() const {
    auto state = restarting_ ? "bootstrapping"
                 : rejected_ ? "rejected"
                 : session_  ? "serving"
                             : "catching_up";
    messages::link_status status{to_string(endpoint()), state, failure_, reconnects_, {}, {}};
    status.primary_endpoint = status.primary;
    status.snapshot = errand_.progress();
    if (topology_) {
      status.epoch = topology_->epoch;
      if (!topology_->primary.endpoint.empty())
        status.primary_endpoint = topology_->primary.endpoint;
    }
    return status;
  }

private:
  void subscribe_to_topology() {
    subscribed_at_ = actors::now_of(self_);
    if (gate_)
      self_->send(gate_, messages::topology_subscribe{});
  }

  void restarted(const messages::log_restarted& x, const char* what) {
    restarting_ = false;
    if (x.code != errc::ok) {
      rejected_ = true;
      give_up(what + (": " + to_string(x.code)) + ": " + x.reason);
    } else if (gate_) {
      sequence_ = next(sequence_);
      connecting_since_ = actors::now_of(self_);
      ask_position(sequence_);
    }
  }

  /// So that somebody can be asked when the primary is gone.
  void keep_nodes() {
    auto nodes = replication::nodes_of(*topology_);
    for (const auto& x : nodes)
      if (auto where = endpoint_of(x.endpoint))
        search_.add(*where);
    self_->send(setup_->receiver, messages::nodes_seen{std::move(nodes)});
  }

  static std::optional<node_endpoint> endpoint_of(const std::string& address) {
    auto parsed = config::parse_endpoint(address);
    return parsed ? std::optional{node_endpoint{parsed->host, parsed->port}} : std::nullopt;
  }

  const node_endpoint& endpoint() const { return target_; }

  void connect() {
    target_ = search_.next().value_or(node_endpoint{});
    sequence_ = next(sequence_);
    connecting_since_ = actors::now_of(self_);
    auto sequence = sequence_;
    pending_connect_.begin(endpoint());
    connect_to(
        self_, dialer_, endpoint(),
        [self = self_, sequence](const messages::node_gate_actor& gate) {
          self->state.connected(sequence, gate);
        },
        [self = self_, sequence](const std::string& reason) {
          if (self->state.pending_connect_.answered(self))
            self->state.failed(sequence, "cannot connect: " + reason);
        });
  }

  void connected(connect_sequence sequence, const messages::node_gate_actor& gate) {
    if (!pending_connect_.answered(self_) || sequence != sequence_)
      return;
    gate_ = gate;
    self_->monitor(gate_);
    ask_position(sequence);
  }

  void ask_position(connect_sequence sequence) {
    self_->request(setup_->receiver, setup_->limits.answer_within, messages::get_join_position{})
        .then([self = self_, sequence](
                  const messages::join_position& at) { self->state.say_hello(sequence, at); },
              [self = self_, sequence](const caf::error& why) {
                self->state.failed(sequence, "the receiver does not answer: " + describe(why));
              });
  }

  void say_hello(connect_sequence sequence, const messages::join_position& at) {
    if (sequence != sequence_ || !gate_)
      return;
    if (!at.failure.empty()) {
      // Not the primary's doing: with room again the log is open again, and is asked soon.
      attempt_ = std::min(attempt_, own_failure_attempt_max);
      failed(sequence, "this replica's log has failed: " + at.failure);
      return;
    }
    messages::hello out;
    out.cluster = at.cluster;
    out.identity = at.identity;
    out.identity.sequence = sequence_;
    out.term = at.term;
    out.timeline = at.timeline;
    out.last_term = at.last_term;
    out.flushed = at.flushed;
    out.history = at.history;
    out.region = setup_->region;
    out.endpoint = *setup_->endpoint;
    out.is_log_only = at.is_log_only;
    out.can_install = at.can_install;
    out.wants_snapshot = at.wants_snapshot;
    self_->send(gate_, std::move(out));
  }

  void failed(connect_sequence sequence, const std::string& reason) {
    if (sequence == sequence_)
      give_up(reason);
  }

  void lost(const caf::down_msg& down) {
    if ((session_ && down.source == session_) || (gate_ && down.source == gate_.address()))
      give_up("connection to the primary lost");
  }

  void watch() {
    if (pending_connect_.is_ending())
      return;
    auto now = actors::now_of(self_);
    if (session_ && replication::elapsed(heard_at_, now) > setup_->limits.silent_after)
      give_up("the primary has been silent for too long");
    else if (!session_ && gate_ && !restarting_
             && replication::elapsed(connecting_since_, now) > setup_->limits.answer_within) {
      break_off(self_, endpoint(), gate_, setup_->limits.answer_within);
      give_up("the primary did not answer the hello");
    } else if (session_ && replication::elapsed(subscribed_at_, now) > subscribe_again_after) {
      subscribe_to_topology();
    }
  }

  /// Ends this attempt, or this session, and tries the next address after a while.
  void give_up(const std::string& reason) { give_up(reason, reason); }

  /// @param said_as what makes it the same reason as the last time
  void give_up(const std::string& reason, const std::string& said_as) {
    if (session_) {
      ++reconnects_;
      self_->demonitor(session_->address());
      caf::anon_send_exit(caf::actor_cast<caf::actor>(session_), caf::exit_reason::user_shutdown);
    }
    if (gate_)
      self_->demonitor(gate_.address());
    session_ = nullptr;
    gate_ = nullptr;
    failure_ = reason;
    sequence_ = next(sequence_);
    if (outages_.failed(said_as, actors::now_of(self_)) != replication::outage_news::goes_on)
      setup_->context.log->warn("no primary, trying on at={} reason=\"{}\"", to_string(endpoint()),
                                reason);
    ++attempt_;
    auto is_in_a_hurry = actors::now_of(self_) < hurry_until_;
    auto delay = replication::next_delay(attempt_, random_(),
                                         is_in_a_hurry ? replication::backoff_in_a_hurry
                                                       : setup_->limits.backoff);
    self_->delayed_send(self_, delay, messages::timer_fired{++retry_generation_});
  }

  self_pointer self_ = nullptr;
  std::optional<link_setup> setup_;
  std::mt19937_64 random_;
  primary_search search_{{}};
  snapshot_errand errand_;
  /// Of the present attempt or session.
  node_endpoint target_;
  std::uint32_t attempt_ = 0;
  connect_sequence sequence_;
  std::uint64_t retry_generation_ = watch_timer;
  dialer dialer_;
  pending_connect pending_connect_;
  messages::node_gate_actor gate_;
  caf::strong_actor_ptr session_;
  std::string primary_;
  /// What the primary told last.
  std::optional<topology> topology_;
  replication::monotonic_ns subscribed_at_;
  replication::monotonic_ns heard_at_;
  replication::monotonic_ns connecting_since_;
  replication::monotonic_ns hurry_until_;
  replication::outage_log outages_;
  bool rejected_ = false;
  bool restarting_ = false;
  std::string failure_;
  std::uint64_t reconnects_ = 0;
};

messages::replica_link_actor::behavior_type replica_link(link_state::self_pointer self,
                                                         link_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::welcome& x) { self->state.take(x); },
      [self](const messages::rejected& x) { self->state.take(x); },
      [self](const messages::rebootstrap& x) {
        self->state.change_log(x, "cannot begin the log anew");
      },
      [self](const messages::rewind& x) {
        self->state.change_log(x, "cannot cut the log where it left the primary's history");
      },
      [self](const messages::snapshot_needed& x) { self->state.take(x); },
      [self](const messages::snapshot_progressed& x) { self->state.take(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const messages::stream_heard&) { self->state.heard(); },
      [self](const messages::stream_broken& x) { self->state.broken(x); },
      [self](const messages::get_link_status&) { return self->state.report(); },
      [self](const messages::topology_reply& x) { self->state.take(x); },
      [self](const messages::get_topology& x) { return self->state.tell_topology(x); },
      [self](const messages::node_published& x) { self->state.publish(x); },
      [self](const messages::look_for_primary& x) { self->state.expect(x.endpoint); },
  };
}

} // namespace

messages::replica_link_actor spawn_replica_link(caf::actor_system& system, link_setup setup) {
  auto* network = setup.context.network;
  return actors::spawn_near_network(system, network, replica_link, std::move(setup));
}

} // namespace sluice::net
