#include "actors/handover_desk.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <functional>
#include <optional>

namespace sluice::actors {

namespace {

constexpr auto answer_within = std::chrono::seconds{2};
constexpr auto look_every = std::chrono::milliseconds{2};

struct refusal_text {
  const replication::handover_target& target;
  using said = std::pair<errc, std::string>;

  said operator()(const replication::handover_possible&) const { return {errc::ok, {}}; }
  said operator()(const replication::handover_to_stranger&) const {
    return {errc::wrong_role,
            target.id + " is not a declared member: only a member can become the primary"};
  }
  said operator()(const replication::handover_not_following& x) const {
    switch (x.obstacle) {
    case replication::handover_obstacle::not_joined:
      return {errc::behind_watermark, target.id + " has never joined this primary"};
    case replication::handover_obstacle::slot_lost:
      return {errc::behind_watermark,
              target.id + " has lost its slot: wait until it has started over"};
    case replication::handover_obstacle::starts_over:
      return {errc::behind_watermark, target.id + " starts over: wait until it has caught up"};
    case replication::handover_obstacle::not_connected: break;
    }
    return {errc::behind_watermark, target.id + " is not connected to this primary"};
  }
  said operator()(const replication::handover_too_far_behind& x) const {
    return {errc::behind_watermark, target.id + " is " + std::to_string(x.records) + " records, "
                                        + std::to_string(x.bytes)
                                        + " bytes behind: wait until it has caught up"};
  }
};

class desk_state {
public:
  static constexpr const char* name = "sluice.handover_desk";
  using self_pointer = messages::handover_desk_actor::stateful_pointer<desk_state>;

  ~desk_state() {
    if (answer_)
      answer_->deliver(messages::control_reply{true, errc::closed, "the node is closing"});
  }

  void init(self_pointer self, handover_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    self->set_down_handler([self](const caf::down_msg& down) { self->state.lost(down); });
  }

  caf::result<messages::control_reply> begin(const messages::control_request& request) {
    if (asker_)
      return messages::control_reply{true, errc::in_use, "a handover is under way already"};
    asker_ = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!asker_)
      return messages::control_reply{true, errc::closed, "who asks cannot be answered"};
    self_->monitor(asker_);
    answer_ = self_->make_response_promise<messages::control_reply>();
    target_ = {};
    target_.id = request.subject;
    self_
        ->request(setup_->topology, answer_within,
                  messages::get_topology{replication::caller_right::full})
        .then(
            [self = self_, attempt = attempt_](const messages::topology_reply& x) {
              if (attempt == self->state.attempt_)
                self->state.note_lag(x);
            },
            fail_attempt());
    return *answer_;
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (!asker_ || fired.generation != round_)
      return;
    if (answer_)
      look();
    else
      end("the term was not granted in time");
  }

private:
  replication::monotonic_ns now() const { return now_of(self_); }

  void note_lag(const messages::topology_reply& told) {
    durable_ = told.topology.durable;
    for (const auto& replica : told.topology.replicas)
      if (replica.id == target_.id)
        target_.lag_bytes = replica.lag_bytes;
    ask_facts([](desk_state& state) { state.judge(); });
  }

  /// `then` is done with what the registry knows of the target by now.
  template <class Then>
  void ask_facts(Then then) {
    self_->request(setup_->registry, answer_within, messages::get_replica_facts{})
        .then(
            [self = self_, attempt = attempt_, then](const messages::replica_facts_report& x) {
              if (attempt != self->state.attempt_)
                return;
              self->state.note_facts(x);
              then(self->state);
            },
            fail_attempt());
  }

  void note_facts(const messages::replica_facts_report& told) {
    auto found = std::find_if(told.replicas.begin(), told.replicas.end(),
                              [&](const auto& x) { return x.id == target_.id; });
    target_.is_known = found != told.replicas.end();
    target_.is_connected = target_.is_known && found->connected;
    if (!target_.is_known)
      return;
    target_.slot_valid = found->slot_valid;
    target_.rebootstrapping = found->rebootstrapping;
    target_.flushed = found->at.flushed;
  }

  void judge() {
    auto verdict = replication::judge_handover(target_, setup_->declared, durable_, setup_->limits);
    auto [code, text] = std::visit(refusal_text{target_}, verdict);
    if (code != errc::ok)
      return refuse(code, text);
    const auto& limits = setup_->limits;
    self_
        ->request(setup_->writer, answer_within,
                  messages::pause_appends{limits.catch_up_within + limits.commits_within
                                          + limits.grant_within})
        .then(
            [self = self_, attempt = attempt_](const messages::appends_paused& x) {
              if (attempt == self->state.attempt_)
                self->state.paused(x);
              else
                self->send(self->state.setup_->writer, messages::resume_appends{});
            },
            fail_attempt());
  }

  void paused(const messages::appends_paused& x) {
    if (x.code != errc::ok)
      return refuse(x.code, x.reason);
    is_paused_ = true;
    paused_at_ = now();
    durable_ = x.durable;
    look();
  }

  /// Acks and commits go on while the log stands still: both are asked again and again, for a
  /// moment at most.
  void look() {
    self_->request(setup_->coordinator, answer_within, messages::get_commit_status{})
        .then(
            [self = self_, attempt = attempt_](const messages::commit_status_report& x) {
              if (attempt == self->state.attempt_)
                self->state.ask_facts(
                    [waiting = x.commits.waiting](desk_state& state) { state.decide(waiting); });
            },
            fail_attempt());
  }

  void decide(std::uint64_t commits_waiting) {
    auto has_all = target_.is_connected && target_.flushed >= durable_;
    if (has_all && !complete_at_)
      complete_at_ = now();
    replication::handover_progress progress{
        durable_, replication::elapsed(paused_at_, now()),
        complete_at_ ? std::optional{replication::elapsed(*complete_at_, now())} : std::nullopt,
        commits_waiting};
    switch (replication::next_handover_step(progress, setup_->limits)) {
    case replication::handover_step::wait: return arm(look_every);
    case replication::handover_step::hand_over: return hand_over();
    case replication::handover_step::give_up: break;
    }
    refuse(errc::timed_out, target_.id + " is at LSN " + to_string(target_.flushed) + " of "
                                + to_string(durable_) + " after a pause of "
                                + std::to_string(setup_->limits.catch_up_within.count()) + " ms");
  }

  void hand_over() {
    setup_->context.log->info("the log is handed over term={} durable_lsn={} to={} paused_ms={}",
                              setup_->term.value, durable_.value, target_.id,
                              replication::elapsed(paused_at_, now()).count() / 1'000'000);
    std::exchange(answer_, std::nullopt)
        ->deliver(messages::control_reply{true, errc::ok, to_string(durable_)});
    arm(setup_->limits.grant_within);
  }

  void refuse(errc code, const std::string& text) {
    if (auto who = std::exchange(answer_, std::nullopt))
      who->deliver(messages::control_reply{true, code, text});
    end(text);
  }

  std::function<void(const caf::error&)> fail_attempt() {
    return [self = self_, attempt = attempt_](const caf::error& why) {
      if (attempt == self->state.attempt_)
        self->state.refuse(errc::closed,
                           "an actor of the primary does not answer: " + describe(why));
    };
  }

  void lost(const caf::down_msg& down) {
    if (asker_ && down.source == asker_->address())
      end("who asked for it is gone");
  }

  void arm(std::chrono::nanoseconds delay) {
    self_->delayed_send(self_, delay, messages::timer_fired{++round_});
  }

  /// Writers go on; a writer that granted the term meanwhile has nothing left to go on with.
  void end(const std::string& why) {
    if (std::exchange(is_paused_, false)) {
      setup_->context.log->info("the log is not handed over term={} durable_lsn={} to={} "
                                "reason=\"{}\"",
                                setup_->term.value, durable_.value, target_.id, why);
      self_->send(setup_->writer, messages::resume_appends{});
    }
    if (asker_)
      self_->demonitor(asker_->address());
    asker_ = nullptr;
    answer_.reset();
    complete_at_.reset();
    ++round_;
    ++attempt_;
  }

  self_pointer self_ = nullptr;
  std::optional<handover_setup> setup_;
  /// Set while a handover is under way.
  caf::strong_actor_ptr asker_;
  /// Set until it was answered.
  std::optional<caf::typed_response_promise<messages::control_reply>> answer_;
  replication::handover_target target_;
  bool is_paused_ = false;
  /// What the target has to have.
  lsn durable_;
  replication::monotonic_ns paused_at_;
  std::optional<replication::monotonic_ns> complete_at_;
  /// Tells a timer that is out of date.
  std::uint64_t round_ = 0;
  /// Tells an answer that belongs to a handover that is over.
  std::uint64_t attempt_ = 0;
};

messages::handover_desk_actor::behavior_type handover_desk(desk_state::self_pointer self,
                                                           handover_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::control_request& x) { return self->state.begin(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

messages::handover_desk_actor spawn_handover_desk(caf::actor_system& system, handover_setup setup) {
  return system.spawn(handover_desk, std::move(setup));
}

} // namespace sluice::actors
