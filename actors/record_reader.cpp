#include "actors/record_reader.hpp"

#include "persistence/spool_reader.hpp"
#include "replication/bookmark_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace sluice::actors {

namespace {

constexpr auto read_deadline = std::chrono::seconds{30};

messages::read_reply failed_read(const caf::error& why) {
  messages::read_reply reply;
  reply.code = code_of(why) == errc::ok ? errc::timed_out : code_of(why);
  reply.reason = context_of(why);
  return reply;
}

/// Decodes until a bound of the request is reached.
messages::read_reply records_of(const messages::batches_read& found,
                                const messages::read_request& request) {
  messages::read_reply reply;
  reply.oldest = found.oldest;
  reply.durable = found.durable;
  auto through = request.through == no_lsn ? found.durable : request.through;
  std::uint64_t bytes = 0;
  for (const auto& batch : *found.batches) {
    auto records = persistence::decode_records(batch, request.after, through);
    if (!records)
      return failed_read(records.error());
    for (auto& entry : *records) {
      bytes += entry.bytes.size();
      if (!reply.records.empty()
          && (bytes > request.bytes_max || reply.records.size() >= request.records_max))
        return reply;
      reply.records.push_back(std::move(entry));
    }
  }
  return reply;
}

/// Names what is missing; who has it is added by whoever knows the primary.
messages::read_reply missed(const messages::read_request& request, errc code, const bookmark& at) {
  auto reason = code == errc::diverged
                    ? "the bookmark " + to_string(request.at) + " is of timeline "
                          + to_string(request.at.timeline) + ", this node is on timeline "
                          + to_string(at.timeline)
                    : "LSN " + to_string(request.at.lsn)
                          + " is not applied here yet, this node is at " + to_string(at.lsn);
  auto reply = failed_read(make_error(code, std::move(reason)));
  reply.applied = at;
  return reply;
}

class record_reader_state {
public:
  static constexpr const char* name = "sluice.record_reader";
  using self_pointer = messages::record_reader_actor::stateful_pointer<record_reader_state>;

  /// CAF answers nothing for an actor that ends.
  ~record_reader_state() {
    for (auto& [number, promise] : open_)
      promise.deliver(failed_read(make_error(errc::closed, "the node is closing")));
  }

  void init(self_pointer self, reader_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
  }

  caf::result<messages::read_reply> take(messages::read_request request) {
    if (!request.well_formed)
      return failed_read(make_error(errc::malformed, "the read request"));
    if (open_.size() >= setup_->reads_max)
      return failed_read(make_error(errc::overloaded, "too many readers; try again later"));
    request.bytes_max = std::clamp<std::uint64_t>(request.bytes_max, 1, read_bytes_max);
    auto promise = self_->make_response_promise<messages::read_reply>();
    auto number = ++last_number_;
    open_.emplace(number, promise);
    if (request.at.lsn == no_lsn)
      read(number, request, {});
    else
      look(number, request, std::chrono::milliseconds{0});
    return promise;
  }

private:
  /// Asks how far the node is, first at once: what is of another timeline is not waited for.
  void look(std::uint64_t number, const messages::read_request& request,
            std::chrono::milliseconds wait) {
    self_
        ->request(setup_->applied, wait + read_deadline,
                  messages::await_applied{request.at.lsn, wait})
        .then(
            [self = self_, number, request, wait](const messages::applied_position& x) {
              self->state.judge(number, request, x.applied, wait);
            },
            [self = self_, number](const caf::error& why) {
              self->state.answer(number, failed_read(why));
            });
  }

  void judge(std::uint64_t number, const messages::read_request& request, bookmark applied,
             std::chrono::milliseconds waited) {
    if (applied.timeline == timeline_id{}) {
      applied.timeline = setup_->timeline;
      applied.term = setup_->term;
    }
    std::chrono::milliseconds wait{request.at_wait_ms};
    switch (replication::judge_bookmark(request.at, applied)) {
    case replication::bookmark_verdict::serve: read(number, request, applied); return;
    case replication::bookmark_verdict::other_timeline:
      answer(number, missed(request, errc::diverged, applied));
      return;
    case replication::bookmark_verdict::wait:
      if (waited.count() == 0 && wait.count() > 0)
        look(number, request, wait);
      else
        answer(number, missed(request, errc::timed_out, applied));
    }
  }

  void read(std::uint64_t number, const messages::read_request& request, const bookmark& applied) {
    if (request.records_max == 0) {
      messages::read_reply reply;
      reply.applied = applied;
      answer(number, std::move(reply));
      return;
    }
    std::chrono::milliseconds wait{request.wait_ms};
    self_
        ->request(setup_->buffer, wait + read_deadline,
                  messages::read_batches{request.after, request.through, request.bytes_max,
                                         request.records_max, wait})
        .then(
            [self = self_, number, request, applied](const messages::batches_read& found) {
              auto reply = records_of(found, request);
              reply.applied = applied;
              self->state.answer(number, std::move(reply));
            },
            [self = self_, number](const caf::error& why) {
              self->state.answer(number, failed_read(why));
            });
  }

  void answer(std::uint64_t number, messages::read_reply reply) {
    auto found = open_.find(number);
    found->second.deliver(std::move(reply));
    open_.erase(found);
  }

  self_pointer self_ = nullptr;
  std::optional<reader_setup> setup_;
  std::map<std::uint64_t, caf::typed_response_promise<messages::read_reply>> open_;
  std::uint64_t last_number_ = 0;
};

messages::record_reader_actor::behavior_type record_reader(record_reader_state::self_pointer self,
                                                           reader_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::read_request& x) { return self->state.take(x); },
  };
}

} // namespace

messages::record_reader_actor spawn_record_reader(caf::actor_system& system, reader_setup setup) {
  return system.spawn(record_reader, std::move(setup));
}

} // namespace sluice::actors
