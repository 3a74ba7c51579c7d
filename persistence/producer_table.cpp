#include "persistence/producer_table.hpp"

#include "persistence/varint.hpp"

#include <algorithm>
#include <limits>

namespace sluice::persistence {

namespace {

template <class Window>
auto position_of(Window& window, producer_sequence sequence) {
  return std::lower_bound(window.begin(), window.end(), sequence,
                          [](const auto& a, producer_sequence b) { return a.sequence < b; });
}

void add_varint(std::string& to, std::uint64_t x) {
  char bytes[10];
  to.append(bytes, put_varint(bytes, x));
}

} // namespace

producer_table::producer_table(std::size_t producers_max, std::size_t window,
                               std::size_t sequences_max)
    : producers_max_(std::max<std::size_t>(producers_max, 1))
    , window_(std::max<std::size_t>(window, 1))
    , sequences_max_(std::max(sequences_max, window_)) {}

sequence_lookup producer_table::find(const producer_stamp& stamp) const {
  auto found = producers_.find(stamp.producer);
  if (found == producers_.end())
    return sequence_new{};
  const auto& state = found->second;
  auto position = position_of(state.window, stamp.sequence);
  if (position != state.window.end() && position->sequence == stamp.sequence)
    return position->where;
  if (state.forgotten_through && stamp.sequence <= *state.forgotten_through)
    return sequence_too_old{};
  return sequence_new{};
}

void producer_table::remember(const producer_stamp& stamp, const sequence_known& where) {
  auto& state = touch(stamp.producer);
  if (state.forgotten_through && stamp.sequence <= *state.forgotten_through)
    return;
  auto position = position_of(state.window, stamp.sequence);
  if (position != state.window.end() && position->sequence == stamp.sequence)
    return;
  state.window.insert(position, remembered{stamp.sequence, where});
  ++sequences_;
  if (state.window.size() > window_) {
    state.forgotten_through = state.window.front().sequence;
    state.window.pop_front();
    --sequences_;
  }
  forget_excess();
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
  return state;
}

void producer_table::forget_excess() {
  while (producers_.size() > 1
         && (producers_.size() > producers_max_ || sequences_ > sequences_max_)) {
    auto longest_silent = by_last_use_.begin();
    auto found = producers_.find(longest_silent->second);
    sequences_ -= found->second.window.size();
    producers_.erase(found);
    by_last_use_.erase(longest_silent);
  }
}

std::string producer_table::snapshot() const {
  std::string bytes;
  add_varint(bytes, producers_.size());
  for (const auto& [use, name] : by_last_use_) {
    const auto& state = producers_.at(name);
    add_varint(bytes, name.size());
    bytes += name;
    add_varint(bytes, state.forgotten_through ? 1 : 0);
    if (state.forgotten_through)
      add_varint(bytes, state.forgotten_through->value);
    add_varint(bytes, state.window.size());
    remembered before{};
    for (const auto& entry : state.window) {
      add_varint(bytes, entry.sequence.value - before.sequence.value);
      add_varint(bytes, zigzag(before.where.records.first.value, entry.where.records.first.value));
      auto is_same_branch =
          entry.where.term == before.where.term && entry.where.timeline == before.where.timeline;
      auto count = distance(previous(entry.where.records.first), entry.where.records.last);
      add_varint(bytes, (count << 1) | (is_same_branch ? 1 : 0));
      if (!is_same_branch) {
        add_varint(bytes, entry.where.term.value);
        add_varint(bytes, entry.where.timeline.value);
      }
      before = entry;
    }
  }
  return bytes;
}

bool producer_table::restore(std::string_view bytes) {
  *this = producer_table{producers_max_, window_, sequences_max_};
  auto count = take_varint(bytes);
  auto is_good = count.has_value();
  for (std::uint64_t i = 0; is_good && i < *count; ++i)
    is_good = restore_producer(bytes);
  is_good = is_good && bytes.empty();
  if (!is_good)
    *this = producer_table{producers_max_, window_, sequences_max_};
  return is_good;
}

bool producer_table::restore_producer(std::string_view& bytes) {
  auto name_size = take_varint(bytes);
  auto name = name_size ? take_bytes(bytes, *name_size) : std::nullopt;
  if (!name || !is_valid_name(*name))
    return false;
  auto& state = touch(std::string{*name});
  auto has_forgotten = take_varint(bytes);
  if (!has_forgotten || *has_forgotten > 1)
    return false;
  if (*has_forgotten == 1) {
    auto through = take_varint(bytes);
    if (!through)
      return false;
    state.forgotten_through = producer_sequence{*through};
  }
  auto count = take_varint(bytes);
  if (!count)
    return false;
  remembered entry{};
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto sequence_delta = take_varint(bytes);
    auto first = sequence_delta ? take_varint(bytes) : std::nullopt;
    auto records = first ? take_varint(bytes) : std::nullopt;
    if (!records || *records < 2)
      return false;
    if ((*records & 1) == 0) {
      auto branch_term = take_varint(bytes);
      auto branch = branch_term ? take_varint(bytes) : std::nullopt;
      if (!branch)
        return false;
      entry.where.term = term{*branch_term};
      entry.where.timeline = timeline_id{*branch};
    }
    entry.sequence = producer_sequence{entry.sequence.value + *sequence_delta};
    entry.where.records.first = lsn{unzigzag(entry.where.records.first.value, *first)};
    entry.where.records.last = last_of(entry.where.records.first, *records >> 1);
    remember({std::string{*name}, entry.sequence}, entry.where);
  }
  return true;
}

} // namespace sluice::persistence
