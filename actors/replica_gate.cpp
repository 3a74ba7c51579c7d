#include "actors/replica_gate.hpp"

#include "actors/replica_report.hpp"
#include "actors/snapshot_door.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace sluice::actors {

namespace {

constexpr auto answer_within = std::chrono::seconds{2};
/// The reader has deadlines of its own; this one is for a reader that is gone.
constexpr auto read_grace = std::chrono::seconds{65};

class replica_gate_state {
public:
  static constexpr const char* name = "sluice.replica_gate";
  using self_pointer = messages::node_gate_actor::stateful_pointer<replica_gate_state>;

  void init(self_pointer self, replica_gate_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
  }

  /// The answer needs the primary's address, which the link knows.
  void send_on(connect_sequence sequence) {
    auto who = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!who)
      return;
    self_->request(setup_->link, answer_within, messages::get_link_status{})
        .then(
            [self = self_, who, sequence](const messages::link_status& x) {
              self->state.refuse(who, sequence, x.primary_endpoint);
            },
            [self = self_, who, sequence](const caf::error&) {
              self->state.refuse(who, sequence, {});
            });
  }

  /// Who asks for what is not here yet is told where it is.
  caf::result<messages::read_reply> read(const messages::read_request& request) {
    if (request.at.lsn == no_lsn)
      return self_->delegate(setup_->reader, request);
    auto promise = self_->make_response_promise<messages::read_reply>();
    self_->request(setup_->reader, read_within(request), request)
        .then(
            [self = self_, promise](messages::read_reply& reply) mutable {
              if (reply.code == errc::timed_out || reply.code == errc::diverged)
                self->state.name_primary(promise, std::move(reply));
              else
                promise.deliver(std::move(reply));
            },
            [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
    return promise;
  }

  caf::result<messages::status_reply> report() {
    if (reports_open_.use_count() > setup_->status_requests_max)
      return make_error(errc::overloaded, "too many ask for the status; try again later");
    auto promise = self_->make_response_promise<messages::status_reply>();
    self_->request(setup_->link, answer_within, messages::get_link_status{})
        .then([self = self_, promise, place = reports_open_](
                  const messages::link_status& x) { self->state.report_log(promise, x); },
              [self = self_, promise](const caf::error& why) {
                self->state.report_log(promise, {{}, "failed", describe(why), 0});
              });
    return promise;
  }

  /// What its primary told it last.
  caf::result<messages::topology_reply> tell_topology() {
    return self_->delegate(setup_->link, messages::get_topology{});
  }

  /// Says once where the primary is, which takes subscribers.
  void tell_subscriber() {
    auto who = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!who)
      return;
    self_->request(setup_->link, answer_within, messages::get_topology{})
        .then(
            [self = self_, who](const messages::topology_reply& x) {
              self->send(caf::actor_cast<messages::topology_sink_actor>(who), x);
            },
            // It asks again: it was told nothing.
            [](const caf::error&) {});
  }

  caf::result<messages::control_reply> control(const messages::control_request& request) {
    if (request.well_formed && messages::is_promotion(request.command) && setup_->promoter)
      return self_->delegate(setup_->promoter, request);
    return messages::control_reply{true, errc::not_primary,
                                   setup_->context.node + " is a replica: ask its primary"};
  }

  /// Once it is granted, this node looks for its primary where the candidate is.
  caf::result<messages::grant_reply> grant(const messages::grant_request& asked) {
    auto promise = self_->make_response_promise<messages::grant_reply>();
    self_->request(setup_->receiver, answer_within, asked)
        .then(
            [self = self_, promise, asked](const messages::grant_reply& reply) mutable {
              if (reply.code == errc::ok)
                self->send(self->state.setup_->link, messages::look_for_primary{asked.endpoint});
              promise.deliver(reply);
            },
            [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
    return promise;
  }

  void give_snapshot(const messages::snapshot_request& x) {
    pass_on(self_, setup_->snapshots, setup_->context.node, x);
  }

private:
  using read_promise = caf::typed_response_promise<messages::read_reply>;

  static std::chrono::milliseconds read_within(const messages::read_request& request) {
    return std::chrono::milliseconds{request.wait_ms + request.at_wait_ms} + read_grace;
  }

  void name_primary(read_promise promise, messages::read_reply reply) {
    self_->request(setup_->link, answer_within, messages::get_link_status{})
        .then(
            [promise, reply](const messages::link_status& x) mutable {
              reply.reason += x.primary_endpoint.empty()
                                  ? std::string{"; its primary is not known"}
                                  : "; ask the primary at " + x.primary_endpoint;
              promise.deliver(std::move(reply));
            },
            [promise, reply](const caf::error&) mutable { promise.deliver(std::move(reply)); });
  }

  using status_promise = caf::typed_response_promise<messages::status_reply>;

  void refuse(const caf::strong_actor_ptr& who, connect_sequence sequence,
              const std::string& primary) {
    auto reason = "node " + setup_->context.node + " is a replica; its primary is at " + primary;
    self_->send(caf::actor_cast<messages::joining_replica_actor>(who),
                messages::rejected{true, errc::not_primary, reason, sequence, {}, primary});
  }

  void report_log(status_promise promise, const messages::link_status& link) {
    self_->request(setup_->receiver, answer_within, messages::get_log_positions{})
        .then(
            [self = self_, promise, link,
             place = reports_open_](const messages::log_positions& x) mutable {
              self->state.add_damage(promise, self->state.status_of(link, x));
            },
            [self = self_, promise, link](const caf::error&) mutable {
              auto status = self->state.status_of(link, {});
              status.state = "failed";
              status.failure = "the receiver does not answer: it is gone, or waits for the disk";
              promise.deliver(messages::status_reply{true, std::move(status)});
            });
  }

  /// It goes on serving what is whole.
  void add_damage(status_promise promise, node_status status) {
    self_->request(setup_->buffer, answer_within, messages::get_log_damage{})
        .then(
            [self = self_, promise, status,
             place = reports_open_](const messages::log_damage& x) mutable {
              if (!x.text.empty())
                status.failure += (status.failure.empty() ? "" : "; ") + x.text;
              self->state.add_served(promise, std::move(status));
            },
            [self = self_, promise, status](const caf::error&) mutable {
              self->state.add_served(promise, std::move(status));
            });
  }

  /// What it gives to others.
  void add_served(status_promise promise, node_status status) {
    if (!setup_->snapshots) {
      promise.deliver(messages::status_reply{true, std::move(status)});
      return;
    }
    self_->request(setup_->snapshots, answer_within, messages::get_snapshots_served{})
        .then(
            [promise, status, place = reports_open_](const messages::snapshots_served& x) mutable {
              add_snapshots(x, status);
              promise.deliver(messages::status_reply{true, std::move(status)});
            },
            [promise, status](const caf::error&) mutable {
              promise.deliver(messages::status_reply{true, std::move(status)});
            });
  }

  node_status status_of(const messages::link_status& link,
                        const messages::log_positions& log) const {
    node_status x;
    x.role = "replica";
    x.name = setup_->context.node;
    x.region = setup_->region;
    x.cluster = log.cluster;
    x.term = log.term;
    x.timeline = log.timeline;
    x.oldest = log.oldest;
    x.log_start = log.log_start;
    x.written = log.written;
    x.durable = log.durable;
    x.applied = log.applied;
    // Without members nobody tells it: what is durable is what may be applied.
    x.commit_watermark = log.members.empty() ? log.durable : log.commit;
    x.members = log.members;
    x.retained_bytes = log.retained_bytes;
    x.primary = link.primary;
    x.topology_epoch = link.epoch;
    x.snapshot = link.snapshot;
    x.state = log.failure.empty() ? link.state : "failed";
    x.failure = log.failure.empty() ? link.failure : log.failure;
    if (x.failure.empty())
      x.failure = log.trouble;
    return x;
  }

  self_pointer self_ = nullptr;
  std::optional<replica_gate_setup> setup_;
  /// Each copy is one that is under way.
  std::shared_ptr<const void> reports_open_ = std::make_shared<int>();
};

messages::node_gate_actor::behavior_type replica_gate(replica_gate_state::self_pointer self,
                                                      replica_gate_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::hello& x) { self->state.send_on(x.identity.sequence); },
      [self](const messages::client_hello&) { self->state.send_on({}); },
      [self](const messages::read_request& x) { return self->state.read(x); },
      [self](const messages::status_request&) { return self->state.report(); },
      [self](const messages::control_request& x) { return self->state.control(x); },
      [self](const messages::grant_request& x) { return self->state.grant(x); },
      [self](const messages::topology_request&) { return self->state.tell_topology(); },
      [self](const messages::topology_subscribe&) { self->state.tell_subscriber(); },
      [self](const messages::snapshot_request& x) { self->state.give_snapshot(x); },
  };
}

} // namespace

messages::node_gate_actor spawn_replica_gate(caf::actor_system& system, replica_gate_setup setup) {
  return system.spawn(replica_gate, std::move(setup));
}

} // namespace sluice::actors
