#include "actors/log_reader.hpp"

#include "actors/placement.hpp"
#include "persistence/producers_through.hpp"
#include "persistence/spool_reader.hpp"
#include "replication/history_proof.hpp"

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
    std::vector<replication::judged_point> judged;
    const auto& points = request.points;
    // The last point mostly proves everything before it.
    auto first = points.empty() ? points.begin() : std::prev(points.end());
    for (auto point = first; point != points.end(); ++point)
      if (auto err = judge_point(*point, request.durable, judged))
        return report(err);
    if (judged.empty() || judged.back().verdict == replication::point_verdict::same)
      return messages::history_compared{replication::match_of(judged), request.durable};
    judged.clear();
    for (const auto& point : points)
      if (auto err = judge_point(point, request.durable, judged))
        return report(err);
    return messages::history_compared{replication::match_of(judged), request.durable};
  }

  caf::result<messages::digest_known> tell_digest(const messages::get_digest& request) {
    if (auto err = ensure_open())
      return err;
    auto found = reader_->digest_at(request.at, request.durable);
    if (!found)
      return report(found.error());
    if (!*found)
      return messages::digest_known{};
    auto written_in = reader_->term_at(request.at, request.durable);
    if (!written_in)
      return report(written_in.error());
    messages::digest_known known{*found, written_in->value_or(term{})};
    if (!request.wants_producers)
      return known;
    auto producers = persistence::producers_through(*context.disk, context.directory, request.at);
    if (!producers)
      return report(producers.error());
    // One that does not fit in a message is as one that nobody knows.
    if (producers->size() <= messages::producers_bytes_max)
      known.producers = std::make_shared<const std::string>(std::move(*producers));
    return known;
  }

  /// Segments that are open may go on where the log no longer does.
  void reopen() { reader_.reset(); }

private:
  caf::error judge_point(const messages::history_point& point, lsn durable,
                         std::vector<replication::judged_point>& into) {
    using replication::point_verdict;
    auto found = reader_->digest_at(point.lsn, durable);
    if (!found && code_of(found.error()) != errc::pruned)
      return found.error();
    auto verdict = !found                   ? point_verdict::pruned
                   : point.lsn > durable    ? point_verdict::past_end
                   : *found == point.digest ? point_verdict::same
                                            : point_verdict::differs;
    into.push_back({point.lsn, verdict});
    return {};
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

  /// Damage is for the operator, whoever asked; once, for who asked asks again.
  caf::error report(const caf::error& err) {
    if (code_of(err) == errc::corruption && !std::exchange(is_damage_told_, true))
      context.log->error("log is damaged, see `sluice verify` reason=\"{}\"", describe(err));
    return err;
  }

  std::unique_ptr<persistence::spool_reader> reader_;
  bool is_damage_told_ = false;
};

messages::log_reader_actor::behavior_type
log_reader(messages::log_reader_actor::stateful_pointer<log_reader_state> self,
           node_context context) {
  self->state.context = std::move(context);
  return {
      [self](const messages::read_batches& x) { return self->state.read(x); },
      [self](const messages::compare_history& x) { return self->state.compare(x); },
      [self](const messages::get_digest& x) { return self->state.tell_digest(x); },
      [self](const messages::log_began&) { self->state.reopen(); },
  };
}

} // namespace

messages::log_reader_actor spawn_log_reader(caf::actor_system& system,
                                            const node_context& context) {
  return spawn_blocking(system, context.detach_blocking, log_reader, context);
}

} // namespace sluice::actors
