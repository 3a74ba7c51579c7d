#include "persistence/producer_table.hpp"

#include "persistence/checksum.hpp"

#include <algorithm>
#include <limits>

namespace sluice::persistence {

namespace {

constexpr auto value_max = std::numeric_limits<std::uint64_t>::max();

/// The first run that begins after `sequence`.
template <class Runs>
auto run_after(Runs& runs, producer_sequence sequence) {
  return std::upper_bound(runs.begin(), runs.end(), sequence,
                          [](producer_sequence a, const auto& b) { return a < b.first; });
}

} // namespace

sequence_known producer_table::run::at(producer_sequence sequence) const {
  auto begin = lsn{position.value + (sequence.value - first.value) * stride};
  return {{begin, last_of(begin, records)}, term, timeline};
}

/// Whether it was the next append of the run.
bool producer_table::run::extend(producer_sequence sequence, const sequence_known& where) {
  auto end = last();
  if (end.value == value_max || sequence.value != end.value + 1)
    return false;
  auto before = at(end).records;
  if (where.term != term || where.timeline != timeline || where.records.first <= before.last
      || distance(previous(where.records.first), where.records.last) != records)
    return false;
  auto step = distance(before.first, where.records.first);
  if (count > 1 && step != stride)
    return false;
  stride = step;
  ++count;
  return true;
}

producer_sequence producer_table::producer_state::last() const {
  auto through = forgotten_through.value_or(producer_sequence{});
  return runs.empty() ? through : std::max(through, runs.back().last());
}

sequence_lookup producer_table::find(const producer_stamp& stamp) const {
  auto found = producers_.find(stamp.producer);
  if (found == producers_.end()) {
    auto old = forgotten_.find(xxh3(stamp.producer).value);
    if (old != forgotten_.end()) {
      if (stamp.sequence <= old->second.through)
        return sequence_too_old{};
      return sequence_new{};
    }
    // New producers begin low. Beyond, it may be one that was dropped.
    if (stamp.sequence.value > limits_.first_sequence_max && stamp.sequence <= dropped_through_)
      return sequence_too_old{};
    return sequence_new{};
  }
  const auto& state = found->second;
  auto after = run_after(state.runs, stamp.sequence);
  if (after != state.runs.begin() && stamp.sequence <= std::prev(after)->last())
    return std::prev(after)->at(stamp.sequence);
  if (state.forgotten_through && stamp.sequence <= *state.forgotten_through)
    return sequence_too_old{};
  return sequence_new{};
}

void producer_table::remember(const producer_stamp& stamp, const sequence_known& where) {
  auto& state = touch(stamp.producer);
  // Of one that was dropped altogether, what came before this may have been appended.
  auto may_have_been_dropped = state.runs.empty() && !state.forgotten_through
                               && stamp.sequence.value > limits_.first_sequence_max;
  if (may_have_been_dropped && dropped_through_.value > 0)
    state.forgotten_through =
        std::min(producer_sequence{stamp.sequence.value - 1}, dropped_through_);
  if (state.forgotten_through && stamp.sequence <= *state.forgotten_through)
    return;
  auto after = run_after(state.runs, stamp.sequence);
  if (after != state.runs.begin()) {
    auto& before = *std::prev(after);
    if (stamp.sequence <= before.last() || before.extend(stamp.sequence, where))
      return;
  }
  run single;
  single.first = stamp.sequence;
  single.position = where.records.first;
  single.records = distance(previous(where.records.first), where.records.last);
  single.term = where.term;
  single.timeline = where.timeline;
  state.runs.insert(after, single);
  ++runs_;
  forget_excess_runs(state);
  forget_excess();
}

void producer_table::begin_without_past() {
  dropped_through_ = producer_sequence{value_max};
}

void producer_table::forget_excess_runs(producer_state& state) {
  if (state.runs.size() <= limits_.runs_of_one_max)
    return;
  state.forgotten_through = state.runs.front().last();
  state.runs.pop_front();
  --runs_;
}

producer_table::producer_state& producer_table::touch(const std::string& name) {
  auto [found, is_new] = producers_.try_emplace(name);
  auto& state = found->second;
  if (!is_new && state.last_use == uses_)
    return state;
  if (!is_new)
    by_last_use_.erase(state.last_use);
  state.last_use = ++uses_;
  by_last_use_.emplace(state.last_use, name);
  auto old = is_new ? forgotten_.find(xxh3(name).value) : forgotten_.end();
  if (old != forgotten_.end()) {
    state.forgotten_through = old->second.through;
    forgotten_by_age_.erase(old->second.age);
    forgotten_.erase(old);
  }
  return state;
}

void producer_table::forget_excess() {
  while (producers_.size() > 1
         && (producers_.size() > limits_.producers_max || runs_ > limits_.runs_max))
    forget_silent_producer();
}

void producer_table::forget_silent_producer() {
  auto silent = by_last_use_.begin();
  auto found = producers_.find(silent->second);
  runs_ -= found->second.runs.size();
  add_forgotten(xxh3(silent->second).value, found->second.last());
  producers_.erase(found);
  by_last_use_.erase(silent);
}

void producer_table::add_forgotten(std::uint64_t name_hash, producer_sequence through) {
  auto [found, is_new] = forgotten_.try_emplace(name_hash);
  if (!is_new)
    forgotten_by_age_.erase(found->second.age);
  found->second = {++uses_, std::max(found->second.through, through)};
  forgotten_by_age_.emplace(found->second.age, name_hash);
  while (forgotten_.size() > limits_.forgotten_max) {
    auto oldest = forgotten_by_age_.begin();
    auto dropped = forgotten_.find(oldest->second);
    dropped_through_ = std::max(dropped_through_, dropped->second.through);
    forgotten_.erase(dropped);
    forgotten_by_age_.erase(oldest);
  }
}

} // namespace sluice::persistence
