#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// What waits to be written: where it comes from, and what is refused before it waits.
namespace sluice::actors {

/// Who still puts something finds the inbox closed; what lies in it is answered by its end.
spool_writer_state::~spool_writer_state() {
  if (!setup_ || !setup_->inbox)
    return;
  setup_->inbox->close();
  setup_->inbox->take(taken_);
}

void spool_writer_state::take_inbox() {
  if (!setup_->inbox)
    return;
  setup_->inbox->take(taken_);
  auto now = now_of(self_);
  for (auto& item : taken_)
    gather(std::move(item), now, true);
  taken_.clear();
}

void spool_writer_state::gather(std::span<const messages::append_ptr> items) {
  auto now = now_of(self_);
  for (const auto& item : items)
    gather(item, now, false);
}

void spool_writer_state::gather(messages::append_ptr item, replication::monotonic_ns now,
                                bool is_of_inbox) {
  auto deadline = replication::later(now, item->what.options.timeout);
  auto bytes = messages::cost_of(item->what);
  auto records = item->what.records.size();
  gathered_append candidate{std::move(item), now, deadline, bytes, records, is_of_inbox};
  if (!failure_.empty() || closed_) {
    refuse(candidate, {failure_.empty() ? errc::closed : refusal_code(), failure_, {}});
    return;
  }
  if (auto err = persistence::check_append(candidate.item->what.records, setup_->spool_options)) {
    refuse(candidate, {code_of(err), context_of(err), {}});
    return;
  }
  if (gathered_bytes_ + candidate.bytes > setup_->limits.gathered_bytes_max
      || gathered_.size() >= setup_->limits.gathered_appends_max) {
    refuse(candidate, {errc::overloaded, "too many bytes wait to be written; try again later", {}});
    return;
  }
  if (auto why = flow_->refuse(now)) {
    refuse(candidate, {errc::overloaded, std::move(*why), {}});
    return;
  }
  gathered_bytes_ += candidate.bytes;
  gathered_.push_back(std::move(candidate));
  if (may_write())
    schedule_flush();
  else
    arm(held_looked_at_every);
}

} // namespace sluice::actors
