#include "actors/primary_gate.hpp"

#include "actors/client_refusal.hpp"
#include "actors/client_session.hpp"
#include "actors/hello_reading.hpp"
#include "actors/member_confirmation.hpp"
#include "actors/snapshot_door.hpp"
#include "actors/status_collector.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <set>

namespace sluice::actors {

namespace {

constexpr auto judge_deadline = std::chrono::seconds{10};
/// Who joined with less than the primary had is looked at so often until the term is confirmed.
constexpr auto followers_looked_at_every = std::chrono::milliseconds{250};

/// It has a timer of its own besides.
using gate_actor = messages::primary_gate_actor::extend<caf::reacts_to<messages::timer_fired>>;

class gate_state {
public:
  static constexpr const char* name = "sluice.primary_gate";
  using self_pointer = gate_actor::stateful_pointer<gate_state>;

  ~gate_state() { end_sessions(); }

  void init(self_pointer self, gate_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    confirmation_.init({setup_->context, setup_->cluster, setup_->declared, setup_->term,
                        setup_->opened_at, setup_->timelines});
    // A sole member confirms its term itself.
    if (confirmation_.judge())
      allow_appends();
    self->set_down_handler([self](const caf::down_msg& down) { self->state.forget(down.source); });
  }

  /// A replica knocks: its history is compared first, then the registry judges it.
  void take_hello(const messages::hello& from) {
    auto link = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!link)
      return log_lost_route();
    if (!from.well_formed) {
      reject(link, {true, errc::malformed, "the hello could not be understood", {}, {}});
      return;
    }
    if (note_term(from))
      return;
    if (!is_proven(from)) {
      reject(link, {true, errc::malformed,
                    "the hello proves its history to another position than it holds",
                    from.identity.sequence, setup_->term});
      return;
    }
    if (hellos_.use_count() > setup_->limits.hellos_max) {
      reject(link, {true, errc::overloaded, "too many replicas say hello; try again later",
                    from.identity.sequence, setup_->term});
      return;
    }
    if (from.flushed == no_lsn) {
      judge(link, from, {replication::history_matches{}});
      return;
    }
    self_->request(setup_->buffer, judge_deadline, messages::compare_history{from.history, {}})
        .then(
            [self = self_, link, from,
             place = hellos_](const messages::history_compared& compared) {
              self->state.judge(link, from, compared);
            },
            [self = self_, link, from](const caf::error& why) {
              self->state.reject(link, {true, code_of_reading(why),
                                        "the primary cannot read its own log: " + describe(why),
                                        from.identity.sequence, self->state.setup_->term});
            });
  }

  void take_client(const messages::client_hello& from) {
    auto client = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!client)
      return log_lost_route();
    if (auto refusal = refusal_of_client(from, clients_.size(), setup_->limits, setup_->term)) {
      self_->send(caf::actor_cast<messages::remote_client_actor>(client), std::move(*refusal));
      return;
    }
    const auto& limits = setup_->limits;
    messages::client_welcome welcome{true,
                                     messages::protocol_version,
                                     setup_->context.node,
                                     setup_->cluster,
                                     setup_->term,
                                     limits.client_credit_bytes,
                                     limits.record_bytes_max,
                                     limits.append_bytes_max,
                                     limits.append_records_max};
    auto session = spawn_client_session(
        self_->system(), {setup_->context, std::move(welcome), client, setup_->writer});
    self_->monitor(session);
    clients_.emplace(session.address(), session);
  }

  caf::result<messages::read_reply> read(const messages::read_request& request) {
    return self_->delegate(setup_->reader, request);
  }

  caf::result<messages::status_reply> report(const messages::status_request& request) {
    if (reports_open_.use_count() > setup_->limits.status_requests_max)
      return make_error(errc::overloaded, "too many ask for the status; try again later");
    node_status known;
    known.role = "primary";
    known.name = setup_->context.node;
    known.cluster = setup_->cluster;
    known.region = setup_->region;
    known.term = setup_->term;
    known.timeline = setup_->timeline;
    known.state = !failure_.empty()              ? "failed"
                  : confirmation_.is_confirmed() ? "serving"
                                                 : "confirming";
    known.failure = failure_.empty() ? confirmation_.trouble() : failure_;
    known.policy = to_string(setup_->floor);
    known.members = setup_->declared.names();
    known.clients = clients_.size();
    auto collector = spawn_status_collector(self_->system(),
                                            {setup_->writer, setup_->registry, setup_->coordinator,
                                             setup_->topology, setup_->buffer, setup_->snapshots,
                                             setup_->state, reports_open_},
                                            std::move(known));
    return self_->delegate(collector, request);
  }

  caf::result<messages::control_reply> control(const messages::control_request& request) {
    if (!request.well_formed)
      return messages::control_reply{true, errc::malformed, "the request could not be understood"};
    switch (request.command) {
    case messages::control_command::create_slot:
    case messages::control_command::create_limited_slot:
    case messages::control_command::drop_slot:
    case messages::control_command::reset_slot:
    case messages::control_command::detach_replica:
      return self_->delegate(setup_->registry, request);
    case messages::control_command::set_policy: return set_policy(request.subject);
    case messages::control_command::prepare_handover:
      return self_->delegate(setup_->handover, request);
    default: break;
    }
    if (messages::is_promotion(request.command))
      return messages::control_reply{true, errc::in_use, setup_->context.node + " is the primary"};
    return messages::control_reply{true, errc::unsupported, "this node does not know the command"};
  }

  caf::result<messages::grant_reply> grant(const messages::grant_request& x) {
    return self_->delegate(setup_->writer, x);
  }

  caf::result<messages::topology_reply> tell_topology() {
    return self_->delegate(setup_->topology, messages::get_topology{right_of_sender()});
  }

  void subscribe_to_topology() {
    if (auto who = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender()))
      self_->send(setup_->topology, messages::add_topology_subscriber{who, right_of_sender()});
  }

  void give_snapshot(const messages::snapshot_request& x) {
    pass_on(self_, setup_->snapshots, setup_->context.node, x);
  }

  void fail(const messages::node_failed& failed) { failure_ = failed.reason; }

  /// A hello tells only what a member had when it came.
  void look_at_followers() {
    if (confirmation_.is_confirmed() || replicas_.empty()) {
      is_looking_ = false;
      return;
    }
    self_->request(setup_->registry, judge_deadline, messages::get_replicas{})
        .then([self = self_](const messages::replicas_report& x) { self->state.note_followers(x); },
              [self = self_](const caf::error&) { self->state.note_followers({}); });
  }

private:
  /// Whoever can reach the node may see it all: nobody's name is known here yet.
  static replication::caller_right right_of_sender() { return replication::caller_right::full; }

  caf::result<messages::control_reply> set_policy(const std::string& text) {
    auto policy = parse_policy(text);
    if (!policy)
      return messages::control_reply{true, code_of(policy.error()), context_of(policy.error())};
    return self_->delegate(setup_->writer, messages::set_default_policy{*policy});
  }

  /// CAF lost the way back to who sent it; the sender breaks the connection and comes again.
  void log_lost_route() {
    setup_->context.log->info("a hello cannot be answered: it has no route back term={}",
                              setup_->term.value);
  }

  /// P6: whoever comes with a higher term ends this primary, and is told so.
  bool note_term(const messages::hello& from) {
    if (from.term <= setup_->term || from.cluster != setup_->cluster)
      return false;
    self_->send(
        setup_->writer,
        messages::step_down{
            from.term, {}, "node " + from.identity.node + " knows term " + to_string(from.term)});
    reject(caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender()),
           {true, errc::fenced, "this primary's term " + to_string(setup_->term) + " is over",
            from.identity.sequence, setup_->term});
    return true;
  }

  void judge(const caf::strong_actor_ptr& link, const messages::hello& from,
             const messages::history_compared& compared) {
    self_
        ->request(setup_->registry, judge_deadline,
                  messages::register_replica{from, compared.match, compared.durable})
        .then(
            [self = self_, link, from, match = compared.match, durable = compared.durable,
             place = hellos_](const messages::replica_judged& judged) {
              if (self->state.confirmation_.note(from, match))
                self->state.allow_appends();
              if (judged.refusal)
                self->state.reject(link, *judged.refusal);
              else if (judged.anew)
                self->state.begin_anew(link, from, *judged.anew);
              else if (judged.back)
                self->state.send_back(link, from, *judged.back);
              else if (judged.snapshot)
                self->state.send_for_snapshot(link, from, *judged.snapshot);
              else
                self->state.attach(link, from, judged.resume_after, durable);
            },
            [self = self_, link, from](const caf::error& why) {
              self->state.reject(link, {true, errc::closed, describe(why), from.identity.sequence,
                                        self->state.setup_->term});
            });
  }

  void reject(const caf::strong_actor_ptr& link, messages::rejected why) {
    self_->send(caf::actor_cast<messages::joining_replica_actor>(link), std::move(why));
  }

  /// The new log continues the history at `start`: it is told what precedes that.
  void begin_anew(const caf::strong_actor_ptr& link, const messages::hello& from,
                  const replication::rebootstrap_from& plan) {
    end_session(from.identity.node);
    auto try_again = [link, from](gate_state& state, errc code, const std::string& why) {
      state.reject(link, {true, code, "the primary cannot tell where its log begins: " + why,
                          from.identity.sequence, state.setup_->term});
    };
    messages::get_digest before_start{previous(plan.start), {}, true};
    self_->request(setup_->buffer, judge_deadline, before_start)
        .then(
            [self = self_, link, from, plan, try_again](const messages::digest_known& before) {
              const auto& setup = *self->state.setup_;
              if (!before.value)
                return try_again(self->state, errc::io_error,
                                 "no batch begins at LSN " + to_string(plan.start));
              self->send(caf::actor_cast<messages::joining_replica_actor>(link),
                         messages::rebootstrap{true, setup.cluster, setup.term, setup.timeline,
                                               from.identity.sequence, plan.start, *before.value,
                                               to_string(plan.cause), before.last_term,
                                               self->state.facts(), *before.producers});
            },
            [self = self_, try_again](const caf::error& why) {
              try_again(self->state, code_of_reading(why), describe(why));
            });
  }

  /// Its tail is on no timeline of this primary; without it, it is judged again.
  void send_back(const caf::strong_actor_ptr& link, const messages::hello& from,
                 const replication::rewind_to& plan) {
    end_session(from.identity.node);
    self_->send(caf::actor_cast<messages::joining_replica_actor>(link),
                messages::rewind{true, setup_->cluster, setup_->term, from.identity.sequence,
                                 plan.through, plan.at, plan.parted_at});
  }

  /// It asks for one, here or at another node, installs it and says hello again.
  void send_for_snapshot(const caf::strong_actor_ptr& link, const messages::hello& from,
                         const replication::snapshot_from& plan) {
    end_session(from.identity.node);
    self_->send(caf::actor_cast<messages::snapshot_joiner_actor>(link),
                messages::snapshot_needed{true, setup_->cluster, setup_->term, setup_->timeline,
                                          from.identity.sequence, plan.at_least, plan.cause,
                                          facts()});
  }

  messages::cluster_facts facts() const {
    return {setup_->declared.names(), setup_->members_version, setup_->timelines,
            to_string(setup_->floor)};
  }

  void note_followers(const messages::replicas_report& known) {
    for (const auto& replica : known.replicas)
      if (replicas_.contains(replica.id) && replica.connected && !replica.rebootstrapping
          && confirmation_.note_follower(replica.id, replica.flushed))
        allow_appends();
    is_looking_ = false;
    look_again();
  }

  void look_again() {
    if (!confirmation_.is_confirmed() && !replicas_.empty() && !std::exchange(is_looking_, true))
      self_->delayed_send(self_, followers_looked_at_every, messages::timer_fired{});
  }

  void allow_appends() { self_->send(setup_->writer, messages::allow_appends{}); }

  void end_session(const std::string& id) {
    if (auto older = replicas_.find(id); older != replicas_.end())
      self_->send_exit(older->second, caf::exit_reason::user_shutdown);
  }

  void attach(const caf::strong_actor_ptr& link, const messages::hello& from, lsn resume_after,
              lsn durable) {
    const auto& id = from.identity.node;
    end_session(id);
    messages::welcome welcome{true,
                              messages::protocol_version,
                              setup_->cluster,
                              setup_->context.node,
                              setup_->term,
                              setup_->timeline,
                              from.identity.sequence,
                              resume_after,
                              from.history.empty() ? digest{} : from.history.back().digest,
                              setup_->declared.names(),
                              setup_->members_version,
                              durable,
                              {},
                              setup_->timelines,
                              to_string(setup_->floor)};
    replication::session_id session{from.identity.storage, from.identity.incarnation,
                                    from.identity.sequence};
    auto spawned = spawn_replica_session(self_->system(),
                                         {setup_->context, setup_->limits.sessions, id, session,
                                          std::move(welcome), link, setup_->registry,
                                          setup_->buffer, setup_->writer, setup_->coordinator});
    self_->monitor(spawned);
    replicas_[id] = spawned;
    look_again();
  }

  void forget(const caf::actor_addr& gone) {
    clients_.erase(gone);
    std::erase_if(replicas_, [&](const auto& entry) { return entry.second.address() == gone; });
  }

  void end_sessions() {
    for (const auto& [id, session] : replicas_)
      caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
    for (const auto& [address, session] : clients_)
      caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
  }

  self_pointer self_ = nullptr;
  std::optional<gate_setup> setup_;
  // Each copy is one that is under way.
  std::shared_ptr<const void> reports_open_ = std::make_shared<int>();
  std::shared_ptr<const void> hellos_ = std::make_shared<int>();
  member_confirmation confirmation_;
  /// Its timer runs, or the registry is asked.
  bool is_looking_ = false;
  std::string failure_;
  std::map<std::string, messages::replica_session_actor> replicas_;
  std::map<caf::actor_addr, messages::client_session_actor> clients_;
};

gate_actor::behavior_type primary_gate(gate_state::self_pointer self, gate_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::hello& x) { self->state.take_hello(x); },
      [self](const messages::client_hello& x) { self->state.take_client(x); },
      [self](const messages::read_request& x) { return self->state.read(x); },
      [self](const messages::status_request& x) { return self->state.report(x); },
      [self](const messages::control_request& x) { return self->state.control(x); },
      [self](const messages::grant_request& x) { return self->state.grant(x); },
      [self](const messages::topology_request&) { return self->state.tell_topology(); },
      [self](const messages::topology_subscribe&) { self->state.subscribe_to_topology(); },
      [self](const messages::snapshot_request& x) { self->state.give_snapshot(x); },
      [self](const messages::node_failed& x) { self->state.fail(x); },
      [self](const messages::timer_fired&) { self->state.look_at_followers(); },
  };
}

} // namespace

messages::primary_gate_actor spawn_primary_gate(caf::actor_system& system, gate_setup setup) {
  return system.spawn(primary_gate, std::move(setup));
}

} // namespace sluice::actors
