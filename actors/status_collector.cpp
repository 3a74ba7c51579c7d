#include "actors/status_collector.hpp"

#include "actors/replica_report.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>

namespace sluice::actors {

namespace {

constexpr auto answer_within = std::chrono::seconds{2};

class collector_state {
public:
  static constexpr const char* name = "sluice.status_collector";
  using self_pointer = status_collector_actor::stateful_pointer<collector_state>;

  caf::result<messages::status_reply> collect(self_pointer self) {
    promise_ = self->make_response_promise<messages::status_reply>();
    self->request(sources.writer, answer_within, messages::get_log_positions{})
        .then([self](const messages::log_positions& x) { self->state.take(self, x); },
              [self](const caf::error&) { self->state.miss_writer(self); });
    self->request(sources.registry, answer_within, messages::get_replicas{})
        .then([self](const messages::replicas_report& x) { self->state.take(self, x); },
              [self](const caf::error&) { self->state.answered(self); });
    self->request(sources.coordinator, answer_within, messages::get_commit_status{})
        .then([self](const messages::commit_status_report& x) { self->state.take(self, x); },
              [self](const caf::error&) { self->state.answered(self); });
    self->request(sources.topology, answer_within, messages::get_topology{})
        .then([self](const messages::topology_reply& x) { self->state.take(self, x); },
              [self](const caf::error&) { self->state.answered(self); });
    self->request(sources.buffer, answer_within, messages::get_log_damage{})
        .then([self](const messages::log_damage& x) { self->state.take(self, x); },
              [self](const caf::error&) { self->state.answered(self); });
    ask_of_the_state(self);
    return promise_;
  }

  status_sources sources;
  node_status status;

private:
  void ask_of_the_state(self_pointer self) {
    if (sources.state) {
      ++open_;
      self->request(sources.state, answer_within, messages::await_applied{})
          .then([self](const messages::applied_position& x) { self->state.take(self, x); },
                [self](const caf::error&) { self->state.answered(self); });
    }
    if (!sources.snapshots)
      return;
    ++open_;
    self->request(sources.snapshots, answer_within, messages::get_snapshots_served{})
        .then([self](const messages::snapshots_served& x) { self->state.take(self, x); },
              [self](const caf::error&) { self->state.answered(self); });
  }

  void take(self_pointer self, const messages::applied_position& x) {
    applied_ = x.applied.lsn;
    answered(self);
  }

  void take(self_pointer self, const messages::log_positions& x) {
    status.oldest = x.oldest;
    status.written = x.written;
    status.durable = x.durable;
    status.applied = x.durable;
    status.retained_bytes = x.retained_bytes;
    add(x.decided);
    status.flow = x.flow;
    status.policy = to_string(x.policy);
    if (!x.failure.empty()) {
      status.state = "failed";
      status.failure = x.failure;
    } else if (!x.trouble.empty()) {
      status.failure = x.trouble;
    }
    answered(self);
  }

  void take(self_pointer self, const messages::replicas_report& x) {
    status.replicas = x.replicas;
    status.slots = x.slots;
    status.prune_trouble = x.prune_trouble;
    status.partial_resync_total = x.resyncs;
    status.full_resync_total = x.full_resyncs;
    answered(self);
  }

  void take(self_pointer self, const messages::commit_status_report& x) {
    add(x.commits);
    status.commit_watermark = x.watermark;
    answered(self);
  }

  void take(self_pointer self, const messages::topology_reply& x) {
    topology_ = x.topology;
    status.topology_epoch = x.topology.epoch;
    answered(self);
  }

  void take(self_pointer self, const messages::log_damage& x) {
    damage_ = x.text;
    answered(self);
  }

  void take(self_pointer self, const messages::snapshots_served& x) {
    served_ = x;
    answered(self);
  }

  /// Latencies are those of whoever decided more: the writer or the coordinator.
  void add(const commit_status& x) {
    auto& total = status.commits;
    if (x.reached > total.reached) {
      total.p50_us = x.p50_us;
      total.p99_us = x.p99_us;
    }
    total.waiting += x.waiting;
    total.reached += x.reached;
    total.timed_out += x.timed_out;
    total.refused += x.refused;
  }

  void miss_writer(self_pointer self) {
    status.state = "failed";
    status.failure = "the writer does not answer: it is gone, or waits for the disk";
    answered(self);
  }

  void answered(self_pointer self) {
    if (--open_ > 0)
      return;
    if (applied_)
      status.applied = *applied_;
    measure_lag();
    add_snapshots(served_, status);
    // It goes on serving what is whole.
    if (!damage_.empty())
      status.failure = status.failure.empty() ? damage_ : status.failure + "; " + damage_;
    promise_.deliver(messages::status_reply{true, std::move(status)});
    self->quit();
  }

  /// Records against the writer's own position, which stands beside them; the rest as the
  /// topology tells it.
  void measure_lag() {
    if (status.policy == "local")
      status.commit_watermark = status.durable;
    for (auto& replica : status.replicas) {
      replica.lag_records = distance(replica.flushed, status.durable);
      auto told =
          std::ranges::lower_bound(topology_.replicas, replica.id, {}, &topology_replica::id);
      if (told == topology_.replicas.end() || told->id != replica.id)
        continue;
      replica.healthy = told->healthy;
      replica.lag_bytes = replica.lag_records == 0 ? 0 : told->lag_bytes;
      replica.lag_seconds = told->lag_seconds;
    }
  }

  caf::typed_response_promise<messages::status_reply> promise_;
  topology topology_;
  std::optional<lsn> applied_;
  std::string damage_;
  messages::snapshots_served served_;
  int open_ = 5;
};

status_collector_actor::behavior_type status_collector(collector_state::self_pointer self,
                                                       status_sources sources, node_status known) {
  self->state.sources = std::move(sources);
  self->state.status = std::move(known);
  return {
      [self](const messages::status_request&) { return self->state.collect(self); },
  };
}

} // namespace

status_collector_actor spawn_status_collector(caf::actor_system& system, status_sources sources,
                                              node_status known) {
  return system.spawn(status_collector, std::move(sources), std::move(known));
}

} // namespace sluice::actors
