#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// Appends that may stand in the log already: a producer's sequence, an expected LSN.
namespace sluice::actors {

std::optional<spool_writer_state::step>
spool_writer_state::settle_known_producer(const draft& batch, gathered_append& candidate) {
  const auto& stamp = candidate.item->what.options.producer;
  if (!stamp)
    return std::nullopt;
  // The table does not know yet what stands in this batch.
  auto before = batch.producers.find(stamp->producer);
  if (before != batch.producers.end() && stamp->sequence <= before->second)
    return step::batch_full;
  auto found = setup_->spool->producers().find(*stamp);
  if (std::holds_alternative<persistence::sequence_too_old>(found)) {
    refuse(candidate, {errc::sequence_too_old,
                       "sequence " + to_string(stamp->sequence) + " of producer " + stamp->producer
                           + " may have been appended before what is remembered of it; read the "
                             "log to see. New input needs another producer",
                       {}});
    return step::answered;
  }
  if (const auto* known = std::get_if<persistence::sequence_known>(&found)) {
    join_if_same(candidate, *known);
    return step::answered;
  }
  return std::nullopt;
}

caf::expected<std::optional<stored_append>>
spool_writer_state::find_stored(lsn first, std::span<const payload> records) {
  if (!reader_) {
    auto opened = persistence::spool_reader::open(*setup_->context.disk, setup_->context.directory);
    if (!opened)
      return opened.error();
    reader_ = std::move(*opened);
  }
  return find_stored_append(*reader_, first, records, setup_->spool->durable_lsn());
}

/// A retry carries the records of its first try. Others under the same stamp would be
/// acknowledged without ever having been written.
void spool_writer_state::join_if_same(gathered_append& candidate,
                                      const persistence::sequence_known& known) {
  const auto& what = candidate.item->what;
  auto is_same = what.records.size() == known.records.last.value - known.records.first.value + 1;
  if (is_same) {
    auto stored = find_stored(known.records.first, what.records);
    // What is pruned can no longer be compared; its place is known all the same.
    is_same = stored ? stored->has_value() : code_of(stored.error()) == errc::pruned;
  }
  if (is_same)
    join(candidate, known.records, known.term, known.timeline, now_of(self_));
  else
    refuse(candidate,
           {errc::sequence_mismatch,
            "other records were appended under producer " + what.options.producer->producer
                + " and sequence " + to_string(what.options.producer->sequence)
                + "; nothing was written. Use another producer for other input",
            {}});
}

std::optional<spool_writer_state::step>
spool_writer_state::settle_expected_lsn(const draft& batch, gathered_append& candidate) {
  const auto& what = candidate.item->what;
  auto next = draft_next(batch);
  if (!what.options.expected_lsn || *what.options.expected_lsn == next)
    return std::nullopt;
  if (!batch.entries.empty())
    return step::batch_full;
  auto expected = *what.options.expected_lsn;
  append_failed mismatch{errc::lsn_mismatch, "", next};
  if (expected > next || expected == no_lsn) {
    refuse(candidate, std::move(mismatch));
    return step::answered;
  }
  auto stored = find_stored(expected, what.records);
  if (!stored) {
    mismatch.reason = context_of(stored.error());
    refuse(candidate, std::move(mismatch));
  } else if (!*stored) {
    mismatch.reason = "other bytes stand at LSN " + to_string(expected);
    refuse(candidate, std::move(mismatch));
  } else {
    join(candidate, {expected, last_of(expected, what.records.size())}, (*stored)->term,
         (*stored)->timeline, now_of(self_));
  }
  return step::answered;
}

} // namespace sluice::actors
