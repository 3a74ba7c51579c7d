#include "actors/snapshot_keeper_state.hpp"

#include "actors/snapshot_sender.hpp"

#include <caf/send.hpp>

#include <spdlog/spdlog.h>

namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

constexpr auto answer_within = std::chrono::seconds{10};
/// Requests that are being judged; beyond it they are refused.
constexpr std::size_t judging_max = 100;

constexpr std::uint64_t tick_timer = 1;

} // namespace

snapshot_keeper_state::~snapshot_keeper_state() {
  for (const auto& [node, served] : served_)
    caf::anon_send_exit(served.sender, caf::exit_reason::user_shutdown);
}

void snapshot_keeper_state::init(self_pointer self, snapshot_keeper_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  demand_ = rules::snapshot_demand{setup_->settings.kept_for};
  self->set_down_handler([self](const caf::down_msg& down) { self->state.forget(down.source); });
  find();
}

void snapshot_keeper_state::serve(const messages::serve_snapshot& x) {
  if (judging_ >= judging_max)
    return refuse(x.who, {true, x.request.attempt, errc::overloaded,
                          "too many replicas ask for a snapshot; try again later"});
  ++judging_;
  identify(
      [this, x](const snapshot_origin& here) {
        prove_standing([this, x, here] {
          --judging_;
          judge(x.who, x.request, here);
        });
      },
      [this, x](const caf::error& why) {
        --judging_;
        refuse(x.who, {true, x.request.attempt, errc::closed, describe(why)});
      });
}

/// A replica's log may have been cut below the snapshot since it was made.
void snapshot_keeper_state::prove_standing(std::function<void()> then) {
  if (!snapshot_ || is_busy_)
    return then();
  self_->request(setup_->buffer, answer_within, messages::get_digest{snapshot_->at})
      .then(
          [this, then, proven = snapshot_](const messages::digest_known& x) {
            if (snapshot_ == proven && !is_busy_ && x.value != proven->history)
              give_up_damaged("the snapshot is of a history that this node has left");
            then();
          },
          // Pruned, or the disk fails: it was proven when it was made.
          [then](const caf::error&) { then(); });
}

/// What it asks of other actors ends with the keeper.
void snapshot_keeper_state::identify(identified then,
                                     std::function<void(const caf::error&)> otherwise) {
  if (setup_->origin)
    return then(*setup_->origin);
  self_->request(setup_->receiver, answer_within, messages::get_log_positions{})
      .then(
          [then](const messages::log_positions& x) {
            then({x.cluster, x.term, x.timeline});
          },
          [otherwise](const caf::error& why) { otherwise(why); });
}

std::optional<messages::snapshot_refused>
snapshot_keeper_state::refusal_of(const messages::snapshot_request& from,
                                  const snapshot_origin& here) const {
  const auto& node = setup_->context.node;
  auto refused = [&](errc code, std::string reason) {
    return messages::snapshot_refused{true, from.attempt, code, std::move(reason)};
  };
  if (from.cluster != here.cluster)
    return refused(errc::wrong_cluster, "node " + node + " is of cluster '" + here.cluster
                                            + "', not of '" + from.cluster + "'");
  if (from.term != here.term)
    return refused(errc::fenced, "node " + node + " is in term " + to_string(here.term)
                                     + ", the replica was sent for a snapshot in term "
                                     + to_string(from.term));
  auto is_known = waiting_.contains(from.node) || served_.contains(from.node);
  if (!is_known && waiting_.size() + served_.size() >= setup_->settings.replicas_max)
    return refused(errc::overloaded, "node " + node + " gives a snapshot to "
                                         + std::to_string(setup_->settings.replicas_max)
                                         + " replicas already; try again later");
  return std::nullopt;
}

/// An older connection of the same replica ends.
void snapshot_keeper_state::judge(const caf::strong_actor_ptr& who,
                                  const messages::snapshot_request& from,
                                  const snapshot_origin& here) {
  if (auto refusal = refusal_of(from, here))
    return refuse(who, *refusal);
  forget_sender(from.node);
  if (auto older = waiting_.find(from.node); older != waiting_.end())
    stop_waiting(older);
  waiting_[from.node] = {who, from.attempt, from.at_least, here, std::nullopt};
  self_->monitor(who);
  settle();
  tell_waiting();
}

void snapshot_keeper_state::settle() {
  if (is_busy_)
    return arm_tick();
  for (auto i = waiting_.begin(); snapshot_ && i != waiting_.end();) {
    if (i->second.at_least > snapshot_->at) {
      ++i;
      continue;
    }
    start_sender(i->first, i->second);
    i = stop_waiting(i);
  }
  // Who is sent this one needs it whole: the others wait.
  if (!waiting_.empty() && !demand_.is_sending())
    make();
  else if (snapshot_ && !demand_.is_needed(now_of(self_)))
    give_up();
  arm_tick();
}

void snapshot_keeper_state::start_sender(const std::string& node, const waiting_replica& replica) {
  demand_.hold(node);
  auto sender = spawn_snapshot_sender(
      self_->system(), {setup_->context, replica.here.cluster, replica.here.term, setup_->settings,
                        node, replica.attempt, replica.who, snapshot_, setup_->builder, self_});
  self_->monitor(sender);
  served_[node] = {sender,
                   replica.who,
                   replica.attempt,
                   {"sending", snapshot_->at, 0, snapshot_->bytes, std::nullopt}};
}

void snapshot_keeper_state::note(const messages::note_served& x) {
  auto position = served_.find(x.at.node);
  if (position != served_.end() && self_->current_sender() == position->second.sender.address())
    position->second.progress = x.at.progress;
}

void snapshot_keeper_state::end(const messages::serving_ended& x) {
  auto position = served_.find(x.node);
  if (position == served_.end() || self_->current_sender() != position->second.sender.address())
    return;
  if (!x.failure.empty())
    return give_up_damaged(x.failure);
  if (x.is_over) {
    served_.erase(position);
    demand_.release(x.node);
  } else {
    leave(x.node);
  }
  settle();
}

void snapshot_keeper_state::leave(const std::string& node) {
  served_.erase(node);
  demand_.leave(node, now_of(self_));
}

void snapshot_keeper_state::forget_sender(const std::string& node) {
  auto position = served_.find(node);
  if (position == served_.end())
    return;
  self_->send_exit(position->second.sender, caf::exit_reason::user_shutdown);
  leave(node);
}

/// A replica that waits, or a sender.
void snapshot_keeper_state::forget(const caf::actor_addr& gone) {
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.who == gone; });
  for (const auto& [node, served] : served_)
    if (served.sender.address() == gone) {
      leave(std::string{node});
      break;
    }
  settle();
}

void snapshot_keeper_state::give_up_damaged(const std::string& reason) {
  note_failure(reason);
  for (const auto& [node, served] : served_) {
    self_->send_exit(served.sender, caf::exit_reason::user_shutdown);
    refuse(served.who, {true, served.attempt, errc::corruption,
                        reason + "; ask again, and another one is made"});
  }
  served_.clear();
  give_up();
  settle();
}

void snapshot_keeper_state::refuse(const caf::strong_actor_ptr& who,
                                   const messages::snapshot_refused& why) {
  self_->send(caf::actor_cast<messages::snapshot_sink_actor>(who), why);
}

void snapshot_keeper_state::refuse_all_waiting(errc code, const std::string& reason) {
  for (auto i = waiting_.begin(); i != waiting_.end(); i = stop_waiting(i))
    refuse(i->second.who, {true, i->second.attempt, code, reason});
}

snapshot_keeper_state::waiting_replicas::iterator
snapshot_keeper_state::stop_waiting(waiting_replicas::iterator replica) {
  self_->demonitor(caf::actor_cast<caf::actor_addr>(replica->second.who));
  return waiting_.erase(replica);
}

void snapshot_keeper_state::tell_waiting() {
  for (const auto& [node, replica] : waiting_)
    self_->send(caf::actor_cast<messages::snapshot_sink_actor>(replica.who),
                messages::snapshot_building{true, replica.attempt, made_.bytes, made_.total_bytes});
}

void snapshot_keeper_state::arm_tick() {
  if ((!waiting_.empty() || snapshot_) && !std::exchange(is_tick_armed_, true))
    self_->delayed_send(self_, setup_->settings.tell_every, messages::timer_fired{tick_timer});
}

void snapshot_keeper_state::fire_timer(const messages::timer_fired& fired) {
  if (fired.generation == tick_timer) {
    is_tick_armed_ = false;
    tell_waiting();
  } else {
    is_busy_ = false;
  }
  settle();
}

messages::snapshots_served snapshot_keeper_state::report() const {
  messages::snapshots_served result;
  for (const auto& [node, replica] : waiting_)
    result.replicas.push_back({node, made_});
  for (const auto& [node, served] : served_)
    result.replicas.push_back({node, served.progress});
  result.failure = failure_;
  return result;
}

namespace {

messages::snapshot_keeper_actor::behavior_type
snapshot_keeper(snapshot_keeper_state::self_pointer self, snapshot_keeper_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::serve_snapshot& x) { self->state.serve(x); },
      [self](const messages::get_snapshots_served&) { return self->state.report(); },
      [self](const messages::note_served& x) { self->state.note(x); },
      [self](const messages::serving_ended& x) { self->state.end(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

messages::snapshot_keeper_actor spawn_snapshot_keeper(caf::actor_system& system,
                                                      snapshot_keeper_setup setup) {
  return system.spawn(snapshot_keeper, std::move(setup));
}

} // namespace sluice::actors
