#include "actors/replica_session.hpp"

#include "actors/placement.hpp"
#include "replication/send_window.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace sluice::actors {

namespace {

constexpr auto read_deadline = std::chrono::seconds{30};
constexpr std::uint64_t heartbeat_timer = 0;
constexpr std::uint64_t commit_timer = 1;
constexpr std::uint64_t retry_timer = 2;

class session_state {
public:
  static constexpr const char* name = "sluice.replica_session";
  using self_pointer = messages::replica_session_actor::stateful_pointer<session_state>;

  void init(self_pointer self, session_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    heard_at_ = now_of(self);
    window_.emplace(setup_->limits.window_bytes);
    window_->reset(setup_->welcome.resume_after);
    self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
    self->attach_functor([registry = setup_->registry, id = setup_->replica,
                          session = setup_->session](const caf::error&) {
      caf::anon_send(registry, messages::session_changed{id, session, false});
    });
    self->monitor(setup_->link);
    self->send(caf::actor_cast<messages::joining_replica_actor>(setup_->link), setup_->welcome);
    self->delayed_send(self, setup_->limits.heartbeat_every,
                       messages::timer_fired{heartbeat_timer});
    self->send(setup_->registry, messages::session_changed{setup_->replica, setup_->session, true});
  }

  /// The registry serves the replica no longer: it is told why, and comes again.
  void end(const messages::end_session& order) { reject(order.code, order.reason); }

  void see_pruned(const messages::log_pruned& pruned) { oldest_ = pruned.oldest; }

  /// The first ack comes from the receiver itself and begins the stream.
  void take_ack(const messages::replica_ack& ack) {
    if (!ack.well_formed || ack.identity.node != setup_->replica
        || ack.identity.storage != setup_->session.storage)
      return;
    heard_at_ = now_of(self_);
    is_answer_due_ = false;
    if (!sink_)
      begin_stream();
    window_->acked(ack.flushed);
    self_->send(setup_->registry, messages::session_ack{ack, window_->sent_through(),
                                                        window_->in_flight_bytes(), tail_});
    arm_commit_timer();
    pump();
  }

  void take_batches(const messages::batches_durable& told) {
    tail_ = std::max(tail_, told.batches->back().last);
    const auto& batches = *told.batches;
    if (!reading_ && batches.front().first == next(window_->sent_through()) && room_for(batches))
      send_batches(batches);
    else
      pump();
  }

  void see_commit(const messages::commit_advanced& advanced) {
    commit_ = advanced.commit;
    arm_commit_timer();
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (fired.generation == retry_timer) {
      pump();
    } else if (fired.generation == commit_timer) {
      commit_timer_armed_ = false;
      tell_commit();
    } else if (replication::elapsed(heard_at_, now_of(self_)) > setup_->limits.silent_after) {
      setup_->context.log->warn("replica is silent, given up replica={} term={}", setup_->replica,
                                setup_->welcome.term.value);
      self_->quit();
    } else {
      if (!std::exchange(spoke_, false))
        send_heartbeat();
      self_->delayed_send(self_, setup_->limits.heartbeat_every,
                          messages::timer_fired{heartbeat_timer});
    }
  }

private:
  void reject(errc code, const std::string& reason) {
    self_->send(
        caf::actor_cast<messages::joining_replica_actor>(setup_->link),
        messages::rejected{true, code, reason, setup_->welcome.sequence, setup_->welcome.term});
    self_->quit();
  }

  void arm_commit_timer() {
    if (commit_ > told_commit_ && !std::exchange(commit_timer_armed_, true))
      self_->delayed_send(self_, setup_->limits.commit_notice_after,
                          messages::timer_fired{commit_timer});
  }

  /// While batches flow they carry the commit on; it is told alone once they pause, and not
  /// again to a replica that has not answered the last time.
  void tell_commit() {
    if (std::exchange(batches_flow_, false))
      arm_commit_timer();
    else if (commit_ > told_commit_ && !is_answer_due_)
      send_heartbeat();
  }

  void begin_stream() {
    auto receiver = self_->current_sender();
    if (!receiver)
      return;
    sink_ = caf::actor_cast<messages::stream_sink_actor>(receiver);
    self_->monitor(sink_);
    // What was written before this session listens must not wait for the next append.
    self_->request(setup_->writer, read_deadline, messages::subscribe_batches{self_})
        .then(
            [self = self_](const messages::log_positions& at) {
              self->state.tail_ = std::max(self->state.tail_, at.durable);
              self->state.oldest_ = std::max(self->state.oldest_, at.oldest);
              self->state.pump();
            },
            [self = self_](const caf::error&) { self->quit(); });
    self_->send(setup_->coordinator, messages::subscribe_commits{self_});
  }

  static std::uint64_t bytes_of(const std::vector<frame_batch>& batches) {
    std::uint64_t total = 0;
    for (const auto& batch : batches)
      total += batch.bytes.size();
    return total;
  }

  /// How much is read at once; smaller reads are not worth a message each.
  std::uint64_t portion() const {
    return std::min<std::uint64_t>(setup_->limits.read_bytes, window_->window_bytes());
  }

  bool room_for(const std::vector<frame_batch>& batches) const {
    return sink_ && window_->may_send(bytes_of(batches));
  }

  /// Reads what follows while there is room for more.
  void pump() {
    if (!sink_ || reading_ || window_->sent_through() >= tail_
        || !window_->may_send(std::max(portion(), needed_bytes_)))
      return;
    reading_ = true;
    messages::read_batches request;
    request.after = window_->sent_through();
    request.bytes_max = portion();
    self_->request(setup_->buffer, read_deadline, request)
        .then([self = self_](
                  const messages::batches_read& found) { self->state.take_read(*found.batches); },
              [self = self_](const caf::error& why) { self->state.fail_read(why); });
  }

  void take_read(const std::vector<frame_batch>& batches) {
    reading_ = false;
    if (room_for(batches) && !batches.empty()) {
      send_batches(batches);
      pump();
    } else if (!batches.empty()) {
      // A batch larger than a portion: it is read again when there is room for it.
      needed_bytes_ = bytes_of(batches);
      pump();
    } else if (window_->sent_through() < tail_) {
      self_->delayed_send(self_, std::chrono::milliseconds{10}, messages::timer_fired{retry_timer});
    }
  }

  void fail_read(const caf::error& why) {
    reading_ = false;
    auto code = code_of(why);
    // Damage is said by who found it, once: the replica comes again and again.
    if (code != errc::corruption)
      setup_->context.log->error("cannot read for replica replica={} term={} after={} "
                                 "reason=\"{}\"",
                                 setup_->replica, setup_->welcome.term.value,
                                 window_->sent_through().value, describe(why));
    if (code == errc::pruned || code == errc::corruption) {
      reject(code, describe(why));
      return;
    }
    self_->delayed_send(self_, std::chrono::seconds{1}, messages::timer_fired{retry_timer});
  }

  void send_batches(const std::vector<frame_batch>& batches) {
    messages::stream_batches out;
    out.header = header();
    for (const auto& batch : batches)
      out.blocks.push_back(batch.bytes);
    window_->sent(batches.back().last, bytes_of(batches));
    needed_bytes_ = 0;
    spoke_ = true;
    batches_flow_ = true;
    self_->send(sink_, std::move(out));
  }

  void send_heartbeat() {
    if (!sink_)
      return;
    is_answer_due_ = true;
    self_->send(sink_, messages::heartbeat{true, header()});
  }

  messages::stream_header header() {
    told_commit_ = commit_;
    const auto& welcome = setup_->welcome;
    return {welcome.term, welcome.timeline, welcome.sequence,
            tail_,        commit_,          setup_->context.wall->now(),
            oldest_};
  }

  self_pointer self_ = nullptr;
  std::optional<session_setup> setup_;
  std::optional<replication::send_window> window_;
  messages::stream_sink_actor sink_;
  /// The last LSN that is durable here, as the writer told.
  lsn tail_;
  /// The first one that is kept; {0} while that is not known.
  lsn oldest_;
  lsn commit_;
  lsn told_commit_;
  replication::monotonic_ns heard_at_;
  /// Of the next batch, once it is known not to fit.
  std::uint64_t needed_bytes_ = 0;
  bool is_answer_due_ = false;
  bool reading_ = false;
  bool spoke_ = false;
  bool batches_flow_ = false;
  bool commit_timer_armed_ = false;
};

messages::replica_session_actor::behavior_type replica_session(session_state::self_pointer self,
                                                               session_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::replica_ack& x) { self->state.take_ack(x); },
      [self](const messages::batches_durable& x) { self->state.take_batches(x); },
      [self](const messages::commit_advanced& x) { self->state.see_commit(x); },
      [self](const messages::end_session& x) { self->state.end(x); },
      [self](const messages::log_pruned& x) { self->state.see_pruned(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

messages::replica_session_actor spawn_replica_session(caf::actor_system& system,
                                                      session_setup setup) {
  auto* network = setup.context.network;
  return spawn_near_network(system, network, replica_session, std::move(setup));
}

} // namespace sluice::actors
