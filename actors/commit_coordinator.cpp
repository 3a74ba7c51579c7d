#include "actors/commit_coordinator.hpp"

#include "actors/applied_waits.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/latency_window.hpp"
#include "actors/placement.hpp"
#include "replication/commit_tracker.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace sluice::actors {

namespace {

/// Beyond it a commit is no longer waited for.
constexpr std::size_t commits_waiting_max = 1'000'000;

class coordinator_state {
public:
  static constexpr const char* name = "sluice.commit_coordinator";
  using self_pointer = messages::commit_coordinator_actor::stateful_pointer<coordinator_state>;

  void init(self_pointer self, coordinator_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    tracker_.emplace(setup_->declared, setup_->context.node);
    tracker_->set_default_policy(setup_->floor);
    tracker_->set_term_start(setup_->term_start);
    settle(tracker_->set_primary_durable(setup_->durable));
    self->set_down_handler([self](const caf::down_msg& down) {
      std::erase_if(self->state.listeners_, [&](const messages::commit_listener_actor& listener) {
        return listener.address() == down.source;
      });
    });
  }

  void await(const messages::await_commits& request) {
    settle(tracker_->set_primary_durable(request.durable));
    for (const auto& commit : request.commits) {
      if (failure_) {
        commit.item->answer(outcome_unknown{commit.records, *failure_});
        continue;
      }
      if (waiting_.size() >= commits_waiting_max) {
        commit.item->answer(outcome_unknown{commit.records, "too many commits wait already"});
        continue;
      }
      replication::ticket_id ticket{++last_ticket_};
      waiting_.emplace(ticket, waiting_commit{commit.item, commit.records, commit.term,
                                              commit.timeline, now_of(self_)});
      settle(tracker_->add({ticket, commit.records, commit.policy, commit.deadline}));
    }
    publish();
    arm();
  }

  void change_voter(const replication::voter& changed) {
    settle(tracker_->set_voter(changed));
    publish();
  }

  void serve_again() { failure_.reset(); }

  void change_policy(const commit_policy& policy) { tracker_->set_default_policy(policy); }

  void remove_voter(const std::string& id) { tracker_->remove_voter(id); }

  void count_vote(const messages::vote& cast) {
    settle(tracker_->vote(cast.id, cast.durable));
    publish();
  }

  void add_listener(const messages::subscribe_commits& subscription) {
    listeners_.push_back(subscription.listener);
    self_->monitor(subscription.listener);
    self_->send(subscription.listener, messages::commit_advanced{published_});
  }

  /// For a primary with members: what has committed is applied.
  caf::result<messages::applied_position> await_applied(const messages::await_applied& request) {
    auto answer = answer_applied(self_, applied_waits_, request, applied(), now_of(self_));
    arm();
    return answer;
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (!timer_.takes(fired))
      return;
    applied_waits_.expire(now_of(self_), applied());
    for (auto& expired : tracker_->expire(now_of(self_))) {
      ++status_.timed_out;
      answer(expired.id, std::move(expired.outcome));
    }
    arm();
  }

  /// From now on nothing is acknowledged: what is handed over later has missed the news.
  void fail_waiting(const messages::log_latched& latched) {
    failure_ = latched.failure;
    for (const auto& released : tracker_->release_all())
      answer(released.id, outcome_unknown{released.records, latched.failure});
  }

  messages::commit_status_report report() const {
    auto status = status_;
    status.waiting = tracker_->waiting();
    status.p50_us = latencies_.percentile_us(0.50);
    status.p99_us = latencies_.percentile_us(0.99);
    return {status, tracker_->commit_watermark()};
  }

private:
  struct waiting_commit {
    messages::append_ptr item;
    lsn_range records;
    sluice::term term;
    timeline_id timeline;
    replication::monotonic_ns since;
  };

  void settle(const replication::satisfied_commits& satisfied) {
    for (const auto& commit : satisfied) {
      ++status_.reached;
      const auto& waiting = waiting_.at(commit.id);
      latencies_.add(replication::elapsed(waiting.since, now_of(self_)));
      answer(commit.id, committed{waiting.records, waiting.term, waiting.timeline});
    }
  }

  void answer(replication::ticket_id ticket, append_outcome outcome) {
    auto found = waiting_.find(ticket);
    found->second.item->answer(std::move(outcome));
    waiting_.erase(found);
  }

  /// What replicas may apply: what a majority of the members has. Without members nobody
  /// waits for it.
  void publish() {
    if (setup_->declared.empty())
      return;
    auto reached = tracker_->current_watermark(policy_quorum{});
    if (reached <= published_)
      return;
    published_ = reached;
    for (const auto& listener : listeners_)
      self_->send(listener, messages::commit_advanced{published_});
    applied_waits_.advance(applied());
  }

  bookmark applied() const { return {{}, {}, published_}; }

  /// One timer, for the earliest deadline.
  void arm() {
    timer_.arm(self_, std::min(tracker_->next_deadline(), applied_waits_.next_deadline()));
  }

  self_pointer self_ = nullptr;
  std::optional<coordinator_setup> setup_;
  std::optional<replication::commit_tracker> tracker_;
  std::unordered_map<replication::ticket_id, waiting_commit> waiting_;
  std::uint64_t last_ticket_ = 0;
  commit_status status_;
  latency_window latencies_;
  lsn published_;
  std::optional<std::string> failure_;
  std::vector<messages::commit_listener_actor> listeners_;
  applied_waits applied_waits_;
  deadline_timer timer_;
};

messages::commit_coordinator_actor::behavior_type
commit_coordinator(coordinator_state::self_pointer self, coordinator_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::await_commits& x) { self->state.await(x); },
      [self](const messages::voter_changed& x) { self->state.change_voter(x.voter); },
      [self](const messages::voter_removed& x) { self->state.remove_voter(x.id); },
      [self](const messages::vote& x) { self->state.count_vote(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const messages::subscribe_commits& x) { self->state.add_listener(x); },
      [self](const messages::log_latched& x) { self->state.fail_waiting(x); },
      [self](const messages::log_reopened&) { self->state.serve_again(); },
      [self](const messages::default_policy_changed& x) { self->state.change_policy(x.policy); },
      [self](const messages::await_applied& x) { return self->state.await_applied(x); },
      [self](const messages::get_commit_status&) { return self->state.report(); },
  };
}

} // namespace

messages::commit_coordinator_actor spawn_commit_coordinator(caf::actor_system& system,
                                                            coordinator_setup setup) {
  auto* network = setup.context.network;
  return spawn_near_network(system, network, commit_coordinator, std::move(setup));
}

} // namespace sluice::actors
