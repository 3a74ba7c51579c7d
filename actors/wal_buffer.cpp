#include "actors/wal_buffer.hpp"

#include "actors/applied_waits.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/placement.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace sluice::actors {

namespace {

constexpr auto read_deadline = std::chrono::seconds{30};

using messages::batches_read;
using read_promise = caf::typed_response_promise<batches_read>;

/// A reader at the tail.
struct waiting_read {
  messages::read_batches request;
  read_promise promise;
};

class wal_buffer_state {
public:
  static constexpr const char* name = "sluice.wal_buffer";
  using self_pointer = messages::wal_buffer_actor::stateful_pointer<wal_buffer_state>;

  ~wal_buffer_state() { answer_waiting(replication::end_of_time, errc::closed); }

  void init(self_pointer self, buffer_setup setup) {
    self_ = self;
    oldest_ = setup.oldest;
    durable_ = setup.durable;
    setup_ = std::move(setup);
  }

  void take(const messages::batches_durable& told) {
    for (const auto& batch : *told.batches) {
      if (oldest_ == no_lsn || oldest_ > batch.first)
        oldest_ = batch.first;
      if (!batches_.empty() && batch.first != next(batches_.back().last))
        drop_all();
      durable_ = batch.last;
      bytes_ += batch.bytes.size();
      batches_.push_back(batch);
    }
    while (batches_.size() > 1 && bytes_ > setup_->limits.bytes_max)
      drop_front();
    wake_readers();
    applied_waits_.advance(applied());
  }

  /// For a primary without members: what is durable is applied.
  caf::result<messages::applied_position> await(const messages::await_applied& request) {
    auto answer = answer_applied(self_, applied_waits_, request, applied(), now_of(self_));
    arm();
    return answer;
  }

  void begin(const messages::log_began& anew) {
    drop_all();
    self_->send(setup_->reader, anew);
    // Who waits behind a cut waits for records that are none of this history.
    if (anew.durable < durable_)
      answer_waiting(replication::end_of_time, errc::diverged,
                     "the log was cut where it left the primary's history");
    oldest_ = anew.first;
    durable_ = anew.durable;
  }

  caf::result<batches_read> read(const messages::read_batches& request) {
    if (request.after >= durable_)
      return wait_at_tail(request);
    // A file that is still open may hold more than the log.
    if (next(request.after) < oldest_)
      return make_error(errc::pruned, "read: " + to_string(next(request.after))
                                          + " is not kept; the oldest is " + to_string(oldest_));
    if (auto held = read_held(request))
      return std::move(*held);
    return read_older(request);
  }

  /// Who has been given a batch keeps it; nobody is given it any more.
  void prune(const messages::log_pruned& pruned) {
    oldest_ = std::max(oldest_, pruned.oldest);
    while (!batches_.empty() && batches_.front().last < oldest_)
      drop_front();
  }

  caf::result<messages::history_compared> compare(messages::compare_history request) {
    request.durable = durable_;
    return ask_reader<messages::history_compared>(std::move(request));
  }

  caf::result<messages::digest_known> tell_digest(messages::get_digest request) {
    request.durable = durable_;
    return ask_reader<messages::digest_known>(request);
  }

  messages::log_damage damage() const { return {damage_}; }

  void fire_timer(const messages::timer_fired& fired) {
    if (!timer_.takes(fired))
      return;
    auto now = now_of(self_);
    answer_waiting(now, errc::ok);
    applied_waits_.expire(now, applied());
    arm();
  }

private:
  template <class Reply, class Request>
  caf::result<Reply> ask_reader(Request request) {
    auto promise = self_->template make_response_promise<Reply>();
    self_->request(setup_->reader, read_deadline, std::move(request))
        .then([promise](Reply& found) mutable { promise.deliver(std::move(found)); },
              [self = self_, promise](caf::error& why) mutable {
                self->state.note_damage(why);
                promise.deliver(std::move(why));
              });
    return promise;
  }

  /// The first says where to look; `verify` finds the others.
  void note_damage(const caf::error& why) {
    if (damage_.empty() && code_of(why) == errc::corruption)
      damage_ = describe(why);
  }

  /// The reader knows what is on disk and nothing of where the log begins and ends.
  caf::result<batches_read> read_older(messages::read_batches request) {
    request.through = bounded(request.through);
    auto promise = self_->template make_response_promise<batches_read>();
    self_->request(setup_->reader, read_deadline, request)
        .then(
            [self = self_, promise](batches_read& found) mutable {
              found.oldest = self->state.oldest_;
              found.durable = self->state.durable_;
              promise.deliver(std::move(found));
            },
            [self = self_, promise](caf::error& why) mutable {
              self->state.note_damage(why);
              promise.deliver(std::move(why));
            });
    return promise;
  }

  lsn bounded(lsn through) const {
    return through == no_lsn ? durable_ : std::min(through, durable_);
  }

  void drop_front() {
    bytes_ -= batches_.front().bytes.size();
    batches_.pop_front();
  }

  void drop_all() {
    batches_.clear();
    bytes_ = 0;
  }

  /// None when the buffer no longer holds what follows `after`.
  std::optional<batches_read> read_held(const messages::read_batches& request) const {
    if (batches_.empty() || batches_.front().first > next(request.after))
      return std::nullopt;
    auto through = bounded(request.through);
    auto first = std::partition_point(batches_.begin(), batches_.end(), [&](const auto& batch) {
      return batch.last <= request.after;
    });
    auto out = std::make_shared<std::vector<frame_batch>>();
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    for (auto i = first; i != batches_.end() && i->first <= through; ++i) {
      bytes += i->bytes.size();
      records += i->record_count();
      if (!out->empty() && (bytes > request.bytes_max || records > request.records_max))
        break;
      out->push_back(*i);
    }
    return batches_read{std::move(out), oldest_, durable_};
  }

  caf::result<batches_read> wait_at_tail(const messages::read_batches& request) {
    batches_read nothing{std::make_shared<const std::vector<frame_batch>>(), oldest_, durable_};
    if (request.wait.count() <= 0)
      return nothing;
    if (waiting_.size() >= setup_->limits.waits_max)
      return make_error(errc::overloaded, "too many readers wait at the tail");
    auto promise = self_->template make_response_promise<batches_read>();
    waiting_.emplace(replication::later(now_of(self_), request.wait),
                     waiting_read{request, promise});
    arm();
    return promise;
  }

  void wake_readers() {
    for (auto i = waiting_.begin(); i != waiting_.end();) {
      if (i->second.request.after >= durable_) {
        ++i;
        continue;
      }
      if (auto held = read_held(i->second.request))
        i->second.promise.deliver(std::move(*held));
      else
        i->second.promise.deliver(
            batches_read{std::make_shared<const std::vector<frame_batch>>(), oldest_, durable_});
      i = waiting_.erase(i);
    }
  }

  void answer_waiting(replication::monotonic_ns now, errc why,
                      const char* reason = "the node is closing") {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      auto promise = std::move(waiting_.begin()->second.promise);
      waiting_.erase(waiting_.begin());
      if (why == errc::ok)
        promise.deliver(
            batches_read{std::make_shared<const std::vector<frame_batch>>(), oldest_, durable_});
      else
        promise.deliver(make_error(why, reason));
    }
  }

  bookmark applied() const { return {{}, {}, durable_}; }

  /// One timer, for the earliest deadline: readers that wait for long cost nothing.
  void arm() {
    auto deadline = applied_waits_.next_deadline();
    if (!waiting_.empty())
      deadline = std::min(deadline, waiting_.begin()->first);
    timer_.arm(self_, deadline);
  }

  self_pointer self_ = nullptr;
  std::optional<buffer_setup> setup_;
  std::deque<frame_batch> batches_;
  std::uint64_t bytes_ = 0;
  lsn oldest_;
  lsn durable_;
  std::string damage_;
  std::multimap<replication::monotonic_ns, waiting_read> waiting_;
  applied_waits applied_waits_;
  deadline_timer timer_;
};

messages::wal_buffer_actor::behavior_type wal_buffer(wal_buffer_state::self_pointer self,
                                                     buffer_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::read_batches& x) { return self->state.read(x); },
      [self](const messages::compare_history& x) { return self->state.compare(x); },
      [self](const messages::get_digest& x) { return self->state.tell_digest(x); },
      [self](const messages::batches_durable& x) { self->state.take(x); },
      [self](const messages::get_log_damage&) { return self->state.damage(); },
      [self](const messages::log_began& x) { self->state.begin(x); },
      [self](const messages::log_pruned& x) { self->state.prune(x); },
      [self](const messages::await_applied& x) { return self->state.await(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

messages::wal_buffer_actor spawn_wal_buffer(caf::actor_system& system, buffer_setup setup) {
  auto* network = setup.context.network;
  return spawn_near_network(system, network, wal_buffer, std::move(setup));
}

} // namespace sluice::actors
