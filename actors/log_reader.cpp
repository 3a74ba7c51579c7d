#include "actors/log_reader.hpp"

#include "actors/placement.hpp"
#include "persistence/spool_reader.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

namespace {

class log_reader_state {
public:
  static constexpr const char* name = "sluice.log_reader";

  node_context context;

  caf::result<messages::batches_read> read(const messages::read_batches& request) {
    if (auto err = ensure_open())
      return err;
    auto batches = reader_->read_batches(request.after, request.through,
                                         {request.bytes_max, request.records_max});
    if (!batches)
      return report(batches.error());
    auto list = std::make_shared<const std::vector<frame_batch>>(std::move(*batches));
    return messages::batches_read{std::move(list), no_lsn, request.through};
  }

  caf::result<messages::history_compared> compare(const messages::compare_history& request) {
    if (auto err = ensure_open())
      return err;
    lsn agreed;
    for (const auto& point : request.points) {
      auto match = match_at(point, request.durable, agreed);
      if (!match)
        return report(match.error());
      if (!std::holds_alternative<replication::history_matches>(*match))
        return messages::history_compared{*match, request.durable};
      agreed = point.lsn;
    }
    return messages::history_compared{replication::history_matches{}, request.durable};
  }

private:
  caf::expected<replication::history_match>
  match_at(const messages::history_point& point, lsn durable, lsn agreed) {
    using result = replication::history_match;
    auto found = reader_->digest_at(point.lsn, durable);
    if (!found && code_of(found.error()) == errc::pruned)
      return result{replication::position_pruned{}};
    if (!found)
      return found.error();
    if (!*found)
      return result{replication::position_unknown{agreed}};
    if (**found != point.digest)
      return result{replication::history_differs{agreed}};
    return result{replication::history_matches{}};
  }

  caf::error ensure_open() {
    if (reader_)
      return caf::none;
    auto opened = persistence::spool_reader::open(*context.disk, context.directory);
    if (!opened)
      return report(opened.error());
    reader_ = std::move(*opened);
    return caf::none;
  }

  /// Damage is for the operator, whoever asked.
  caf::error report(const caf::error& err) {
    if (code_of(err) == errc::corruption)
      context.log->error("log is damaged reason=\"{}\"", describe(err));
    return err;
  }

  std::unique_ptr<persistence::spool_reader> reader_;
};

messages::log_reader_actor::behavior_type
log_reader(messages::log_reader_actor::stateful_pointer<log_reader_state> self,
           node_context context) {
  self->state.context = std::move(context);
  return {
    [self](const messages::read_batches& x) { return self->state.read(x); },
    [self](const messages::compare_history& x) { return self->state.compare(x); },
  };
}

} // namespace

messages::log_reader_actor spawn_log_reader(caf::actor_system& system,
                                            const node_context& context) {
  return spawn_blocking(system, context.detach_blocking, log_reader, context);
}

} // namespace sluice::actors
