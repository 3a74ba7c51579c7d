#include "actors/slot_registry.hpp"

#include "actors/hello_reading.hpp"
#include "actors/placement.hpp"
#include "actors/registry_log.hpp"
#include "actors/replica_report.hpp"
#include "actors/voter_news.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <set>

namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

/// What only a live session tells.
struct observed_replica {
  std::uint64_t in_flight_bytes = 0;
  std::set<rules::ack_refusal> logged;
  messages::replica_session_actor session;
};

class registry_state {
public:
  static constexpr const char* name = "sluice.slot_registry";
  using self_pointer = messages::slot_registry_actor::stateful_pointer<registry_state>;

  void init(self_pointer self, registry_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    registry_ = rules::registry{setup_->replicas_max};
    log_.init(setup_->context, setup_->term);
    oldest_ = setup_->oldest;
    durable_ = setup_->durable;
    open_desk();
    news_.init(self_, {setup_->coordinator, setup_->writer, setup_->progress_every});
  }

  /// Slots are swept on a timer of their own, and when the log takes more room.
  void fire_timer(const messages::timer_fired& fired) {
    if (news_.fire_timer(fired, registry_))
      return;
    desk_.sweep();
    self_->delayed_send(self_, setup_->slots.sweep_every, messages::timer_fired{});
  }

  void take_room() { desk_.sweep(); }

  void note_applied(const messages::records_applied& x) { desk_.note_applied(x.applied); }

  caf::result<messages::replica_judged> judge(const messages::register_replica& request) {
    durable_ = std::max(durable_, request.durable);
    auto facts = facts_of(request.from);
    auto verdict = registry_.judge(facts, primary_facts());
    if (const auto* refused = std::get_if<rules::hello_rejected>(&verdict))
      return refusal(request.from, code_for(refused->reason), refused->text);
    auto plan = rules::plan_resume({request.from.flushed, request.from.timeline, request.match,
                                    oldest_, durable_, setup_->timeline, facts.content,
                                    desk_.find(facts.node), setup_->timelines,
                                    request.from.wants_snapshot, agreed_digest_of(request)});
    if (const auto* refused = std::get_if<rules::resume_rejected>(&plan))
      return refusal(request.from, code_for(refused->reason),
                     to_string(refused->reason) + ": " + refused->text);
    if (const auto* back = std::get_if<rules::rewind_to>(&plan))
      return send_back(request.from, *back);
    if (!desk_.has_room_for(facts.node))
      return refusal(request.from, errc::overloaded,
                     "there are too many slots; drop one or raise max-slots");
    const auto& accepted = std::get<rules::hello_accepted>(verdict);
    if (const auto* stream = std::get_if<rules::stream_from>(&plan))
      return answer_when_stored(request.from, admit(facts, accepted, *stream));
    begin_anew(facts, accepted, plan);
    messages::replica_judged judged;
    if (const auto* anew = std::get_if<rules::rebootstrap_from>(&plan))
      judged.anew = *anew;
    else
      judged.snapshot = std::get<rules::snapshot_from>(plan);
    return answer_when_stored(request.from, std::move(judged));
  }

  messages::log_pinned pin(const messages::pin_log& x) { return {desk_.pin(x.after)}; }
  void unpin(const messages::unpin_log& x) { desk_.unpin(x.pin); }

  caf::result<messages::control_reply> control(const messages::control_request& request) {
    if (request.command == messages::control_command::detach_replica)
      return detach(request.subject);
    auto promise = self_->template make_response_promise<messages::control_reply>();
    desk_.control(request, oldest_, [promise](messages::control_reply reply) mutable {
      promise.deliver(std::move(reply));
    });
    return promise;
  }

  void take_ack(const messages::session_ack& from_session) {
    const auto& ack = from_session.ack;
    durable_ = std::max(durable_, from_session.durable);
    const auto& id = ack.identity.node;
    auto now = now_of(self_);
    auto before = vote_of(registry_, id);
    auto was_rebootstrapping = is_rebootstrapping(id);
    auto verdict = registry_.record_ack({id,
                                         session_of(ack.identity),
                                         ack.term,
                                         ack.timeline,
                                         {ack.received, ack.flushed, ack.applied}},
                                        {setup_->term, setup_->timeline, durable_},
                                        {ack.apply_errors, ack.divergences}, now);
    if (const auto* dropped = std::get_if<rules::ack_dropped>(&verdict)) {
      log_dropped(ack, dropped->reason);
      return;
    }
    registry_.note_sent(id, from_session.sent);
    observed_[id].in_flight_bytes = from_session.in_flight_bytes;
    desk_.advance(id, ack.identity.storage, registry_.find(id)->at);
    news_.note_ack(registry_, id, before);
    if (was_rebootstrapping && !is_rebootstrapping(id))
      tell_watcher();
  }

  void change_session(const messages::session_changed& change) {
    const auto* known = registry_.find(change.id);
    if (change.connected) {
      if (known == nullptr || known->session != change.session)
        return;
      observed_[change.id].session =
          caf::actor_cast<messages::replica_session_actor>(self_->current_sender());
      // Its slot was given up before there was anybody to tell: it has to come again.
      if (!known->slot_valid)
        end_session(change.id, errc::slot_invalidated,
                    "the slot of replica '" + change.id + "' was given up");
      return;
    }
    if (!registry_.disconnect(change.id, change.session))
      return;
    desk_.disconnect(change.id);
    observed_[change.id].in_flight_bytes = 0;
    observed_[change.id].session = nullptr;
    tell_watcher();
    setup_->context.log->info("replica disconnected replica={} term={}", change.id,
                              setup_->term.value);
    news_.tell_writer(registry_);
  }

  void watch(const messages::watch_replicas& x) {
    watcher_ = x.watcher;
    tell_watcher();
  }

  messages::replica_facts_report facts() const {
    messages::replica_facts_report result;
    for (const auto& replica : registry_.replicas())
      result.replicas.push_back(rules::facts_of(replica));
    return result;
  }

  messages::replicas_report report() const {
    messages::replicas_report result;
    result.resyncs = partial_resyncs_;
    result.full_resyncs = full_resyncs_;
    result.replicas = statuses();
    result.slots = desk_.report();
    result.prune_trouble = desk_.prune_trouble();
    return result;
  }

private:
  rules::primary_facts primary_facts() const {
    return {setup_->cluster,
            setup_->context.node,
            setup_->storage,
            setup_->term,
            true,
            1,
            messages::protocol_version,
            0,
            0};
  }

  void open_desk() {
    slot_desk_setup desk;
    desk.context = setup_->context;
    desk.term = setup_->term;
    desk.declared = setup_->declared;
    desk.settings = setup_->slots;
    desk.slots = std::move(setup_->stored.slots);
    desk.incomplete = std::move(setup_->stored.incomplete);
    desk.keeper = setup_->keeper;
    desk.writer = setup_->writer;
    desk.applied = setup_->applied;
    desk_.init(self_, std::move(desk),
               {[this](const rules::slot& x) { lose_slot(x); },
                [this](lsn oldest) { see_pruned(oldest); }});
    self_->send(setup_->writer, messages::watch_room{self_});
    self_->delayed_send(self_, setup_->slots.sweep_every, messages::timer_fired{});
  }

  /// Its replica is told with the next message that goes to it.
  void lose_slot(const rules::slot& x) {
    auto cause = rules::to_string(x.invalidated->cause);
    setup_->context.log->warn("slot invalidated slot={} term={} cause={} restart_lsn={} "
                              "durable_lsn={}",
                              x.id, setup_->term.value, cause, x.restart_lsn.value, durable_.value);
    if (registry_.set_slot_valid(x.id, false))
      news_.announce(registry_, x.id);
    tell_watcher();
    end_session(x.id, errc::slot_invalidated,
                "the slot of replica '" + x.id + "' was given up at LSN " + to_string(x.restart_lsn)
                    + ": " + cause);
  }

  void end_session(const std::string& id, errc code, std::string reason) {
    auto seen = observed_.find(id);
    if (seen != observed_.end() && seen->second.session)
      self_->send(seen->second.session, messages::end_session{code, std::move(reason)});
  }

  void see_pruned(lsn oldest) {
    oldest_ = oldest;
    for (const auto& [id, seen] : observed_)
      if (seen.session)
        self_->send(seen.session, messages::log_pruned{oldest});
  }

  caf::result<messages::replica_judged> answer_when_stored(const messages::hello& from,
                                                           messages::replica_judged judged) {
    auto promise = self_->template make_response_promise<messages::replica_judged>();
    desk_.when_stored([this, promise, from, judged](const caf::error& err) mutable {
      if (err)
        judged = refuse_unstored(from, err);
      promise.deliver(std::move(judged));
    });
    return promise;
  }

  messages::replica_judged refuse_unstored(const messages::hello& from, const caf::error& err) {
    if (registry_.disconnect(from.identity.node, session_of(from.identity)))
      desk_.disconnect(from.identity.node);
    return refusal(from, code_of(err),
                   "the primary cannot store the replica's slot: " + describe(err));
  }

  /// Its slot stays until it is dropped; a replica that lives may join again.
  messages::control_reply detach(const std::string& id) {
    if (!registry_.detach(id))
      return {true, errc::not_found, "no replica '" + id + "' has joined"};
    end_session(id, errc::closed, "the replica '" + id + "' was detached by an operator");
    observed_.erase(id);
    detached_.insert(id);
    desk_.disconnect(id);
    news_.remove(registry_, id);
    tell_watcher();
    setup_->context.log->info("replica detached replica={} term={}", id, setup_->term.value);
    return {};
  }

  messages::replica_judged refusal(const messages::hello& from, errc code, std::string text) {
    log_.refused(from.identity.node, code, text, now_of(self_));
    return {no_lsn,
            messages::rejected{true, code, std::move(text), from.identity.sequence, setup_->term}};
  }

  /// Nothing is registered: it has to say hello again with what it shares with this primary.
  messages::replica_judged send_back(const messages::hello& from, const rules::rewind_to& plan) {
    setup_->context.log->warn("replica has a tail of another history, it is to put it aside "
                              "replica={} term={} timeline={} fork_lsn={} flushed_lsn={}",
                              from.identity.node, setup_->term.value, from.timeline.value,
                              plan.through.value, from.flushed.value);
    return {no_lsn, std::nullopt, std::nullopt, plan};
  }

  messages::replica_judged admit(const rules::hello_facts& facts,
                                 const rules::hello_accepted& verdict,
                                 const rules::stream_from& plan) {
    auto now = now_of(self_);
    if (verdict.data == rules::replica_data::lost)
      log_.lost_data(facts);
    // What follows a new beginning belongs to it.
    if (const auto* known = registry_.find(facts.node);
        known == nullptr || !known->rebootstrapping || known->at.flushed != no_lsn)
      ++partial_resyncs_;
    registry_.join(facts, verdict, durable_, now);
    registry_.resume_at(facts.node, plan.after);
    claim(facts, plan.after);
    observed_[facts.node] = {};
    news_.announce(registry_, facts.node);
    tell_watcher();
    log_.attached(facts, plan.after, now);
    return {plan.after, std::nullopt};
  }

  /// What follows `after` is kept for it from now on.
  void claim(const rules::hello_facts& facts, lsn after) {
    if (desk_.join(facts.node, facts.session.storage, after) == rules::slot_joined::revived)
      setup_->context.log->info("slot is valid again slot={} term={} restart_lsn={}", facts.node,
                                setup_->term.value, after.value);
    registry_.set_slot_valid(facts.node, true);
    detached_.erase(facts.node);
  }

  /// To be called when anything of `replica_facts` changed but positions and times.
  void tell_watcher() {
    if (watcher_)
      self_->send(watcher_, messages::replicas_changed{});
  }

  /// It begins anew at what is kept, or behind a snapshot of something later.
  void begin_anew(const rules::hello_facts& facts, const rules::hello_accepted& verdict,
                  const rules::resume_plan& plan) {
    if (verdict.data == rules::replica_data::lost)
      log_.lost_data(facts);
    if (registry_.begin_anew(facts, verdict, durable_, now_of(self_)))
      ++full_resyncs_;
    claim(facts, previous(oldest_));
    log_.begins_anew(facts, plan);
    news_.announce(registry_, facts.node);
    tell_watcher();
  }

  bool is_rebootstrapping(const std::string& id) const {
    const auto* known = registry_.find(id);
    return known != nullptr && known->rebootstrapping;
  }

  void log_dropped(const messages::replica_ack& ack, rules::ack_refusal reason) {
    // Nothing is kept of who never joined: a peer could make up names for ever.
    auto known = observed_.find(ack.identity.node);
    if (known != observed_.end() && known->second.logged.insert(reason).second)
      log_.ack_dropped(ack, reason, durable_);
  }

  log_bounds bounds() const { return {oldest_, durable_, setup_->timeline}; }

  std::vector<replica_status> statuses() const {
    std::vector<replica_status> result;
    for (const auto& replica : registry_.replicas()) {
      auto seen = observed_.find(replica.id);
      auto in_flight = seen == observed_.end() ? 0 : seen->second.in_flight_bytes;
      result.push_back(
          status_of(replica, desk_.find(replica.id), bounds(), in_flight, now_of(self_)));
    }
    for (const auto& claim : desk_.slots())
      if (claim.storage != storage_id{} && registry_.find(claim.id) == nullptr
          && !detached_.contains(claim.id))
        result.push_back(status_of(claim, bounds()));
    return result;
  }

  self_pointer self_ = nullptr;
  std::optional<registry_setup> setup_;
  registry_log log_;
  rules::registry registry_;
  slot_desk desk_;
  std::map<std::string, observed_replica> observed_;
  /// Forgotten on an operator's word, until they join again.
  std::set<std::string> detached_;
  messages::replica_watcher_actor watcher_;
  lsn oldest_;
  lsn durable_;
  std::uint64_t partial_resyncs_ = 0;
  std::uint64_t full_resyncs_ = 0;
  voter_news news_;
};

messages::slot_registry_actor::behavior_type slot_registry(registry_state::self_pointer self,
                                                           registry_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::register_replica& x) { return self->state.judge(x); },
      [self](const messages::session_ack& x) { self->state.take_ack(x); },
      [self](const messages::session_changed& x) { self->state.change_session(x); },
      [self](const messages::control_request& x) { return self->state.control(x); },
      [self](const messages::room_taken&) { self->state.take_room(); },
      [self](const messages::records_applied& x) { self->state.note_applied(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const messages::get_replicas&) { return self->state.report(); },
      [self](const messages::watch_replicas& x) { self->state.watch(x); },
      [self](const messages::get_replica_facts&) { return self->state.facts(); },
      [self](const messages::pin_log& x) { return self->state.pin(x); },
      [self](const messages::unpin_log& x) { self->state.unpin(x); },
  };
}

} // namespace

messages::slot_registry_actor spawn_slot_registry(caf::actor_system& system, registry_setup setup) {
  auto* network = setup.context.network;
  return spawn_near_network(system, network, slot_registry, std::move(setup));
}

} // namespace sluice::actors
