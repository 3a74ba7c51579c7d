#include "actors/record_reader.hpp"

#include "persistence/spool_reader.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>

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

struct record_reader_state {
  static constexpr const char* name = "sluice.record_reader";
  /// Keeps it from being an aggregate, which CAF would try to make from a pointer to the actor.
  record_reader_state() {}
  /// CAF answers nothing for an actor that ends.
  ~record_reader_state() {
    for (auto& [number, promise] : open)
      promise.deliver(failed_read(make_error(errc::closed, "the node is closing")));
  }

  void answer(std::uint64_t number, messages::read_reply reply) {
    auto found = open.find(number);
    found->second.deliver(std::move(reply));
    open.erase(found);
  }

  messages::wal_buffer_actor buffer;
  std::map<std::uint64_t, caf::typed_response_promise<messages::read_reply>> open;
  std::uint64_t last_number = 0;
};

using self_pointer = messages::record_reader_actor::stateful_pointer<record_reader_state>;

caf::result<messages::read_reply> read(self_pointer self, messages::read_request request) {
  auto promise = self->make_response_promise<messages::read_reply>();
  if (!request.well_formed) {
    promise.deliver(failed_read(make_error(errc::malformed, "the read request")));
    return promise;
  }
  request.bytes_max = std::clamp<std::uint64_t>(request.bytes_max, 1, read_bytes_max);
  request.records_max = std::max<std::uint64_t>(request.records_max, 1);
  std::chrono::milliseconds wait{request.wait_ms};
  auto number = ++self->state.last_number;
  self->state.open.emplace(number, promise);
  self
    ->request(self->state.buffer, wait + read_deadline,
              messages::read_batches{request.after, request.through, request.bytes_max,
                                     request.records_max, wait})
    .then(
      [self, number, request](const messages::batches_read& found) {
        self->state.answer(number, records_of(found, request));
      },
      [self, number](const caf::error& why) { self->state.answer(number, failed_read(why)); });
  return promise;
}

messages::record_reader_actor::behavior_type record_reader(self_pointer self,
                                                           messages::wal_buffer_actor buffer) {
  self->state.buffer = std::move(buffer);
  return {
    [self](const messages::read_request& x) { return read(self, x); },
  };
}

} // namespace

messages::record_reader_actor spawn_record_reader(caf::actor_system& system, const node_context&,
                                                  messages::wal_buffer_actor buffer) {
  return system.spawn(record_reader, std::move(buffer));
}

} // namespace sluice::actors
