#include "persistence/little_endian.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/varint.hpp"

#include <algorithm>
#include <limits>

// A producer table as bytes: docs/FORMAT.md, Index.
namespace sluice::persistence {

namespace {

void add_varint(std::string& to, std::uint64_t x) {
  char bytes[10];
  to.append(bytes, put_varint(bytes, x));
}

/// Takes varints off the front of some bytes; all are 0 behind the first that is not there.
class varint_taker {
public:
  explicit varint_taker(std::string_view& from) : from_(from) {}

  std::uint64_t next() {
    auto x = is_good_ ? take_varint(from_) : std::nullopt;
    is_good_ = x.has_value();
    return x.value_or(0);
  }
  bool is_good() const { return is_good_; }

private:
  std::string_view& from_;
  bool is_good_ = true;
};

/// Whether `from + steps * step` fits 64 bits.
bool is_in_range(std::uint64_t from, std::uint64_t steps, std::uint64_t step) {
  return step == 0 || steps <= (std::numeric_limits<std::uint64_t>::max() - from) / step;
}

} // namespace

std::string producer_table::snapshot() const {
  std::string bytes;
  add_varint(bytes, dropped_through_.value);
  add_varint(bytes, forgotten_.size());
  for (const auto& [age, name_hash] : forgotten_by_age_) {
    char hash[8];
    put_little_endian(hash, name_hash);
    bytes.append(hash, sizeof(hash));
    add_varint(bytes, forgotten_.at(name_hash).through.value);
  }
  add_varint(bytes, producers_.size());
  for (const auto& [use, name] : by_last_use_)
    bytes += snapshot_of(name, producers_.at(name));
  return bytes;
}

std::string producer_table::snapshot_of(const std::string& name,
                                        const producer_state& state) const {
  std::string bytes;
  add_varint(bytes, name.size());
  bytes += name;
  add_varint(bytes, state.forgotten_through ? 1 : 0);
  if (state.forgotten_through)
    add_varint(bytes, state.forgotten_through->value);
  add_varint(bytes, state.runs.size());
  run before{};
  for (const auto& entry : state.runs) {
    add_varint(bytes, entry.first.value - before.first.value);
    add_varint(bytes, zigzag(before.position.value, entry.position.value));
    auto is_same_branch = entry.term == before.term && entry.timeline == before.timeline;
    add_varint(bytes, (entry.records << 1) | (is_same_branch ? 1 : 0));
    if (!is_same_branch) {
      add_varint(bytes, entry.term.value);
      add_varint(bytes, entry.timeline.value);
    }
    add_varint(bytes, entry.count);
    if (entry.count > 1)
      add_varint(bytes, entry.stride - entry.records);
    before = entry;
  }
  return bytes;
}

bool producer_table::restore(std::string_view bytes, producer_format format) {
  *this = producer_table{limits_};
  auto is_good = format == producer_format::sequences || restore_forgotten(bytes);
  auto count = is_good ? take_varint(bytes) : std::nullopt;
  is_good = count.has_value();
  for (std::uint64_t i = 0; is_good && i < *count; ++i)
    is_good = restore_producer(bytes, format);
  is_good = is_good && bytes.empty();
  if (!is_good)
    *this = producer_table{limits_};
  return is_good;
}

bool producer_table::restore_forgotten(std::string_view& bytes) {
  auto dropped = take_varint(bytes);
  auto count = dropped ? take_varint(bytes) : std::nullopt;
  if (!count)
    return false;
  dropped_through_ = producer_sequence{*dropped};
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto hash = take_bytes(bytes, 8);
    auto through = hash ? take_varint(bytes) : std::nullopt;
    if (!through)
      return false;
    add_forgotten(get_little_endian<std::uint64_t>(hash->data()), producer_sequence{*through});
  }
  return true;
}

bool producer_table::restore_producer(std::string_view& bytes, producer_format format) {
  auto name_size = take_varint(bytes);
  auto name = name_size ? take_bytes(bytes, *name_size) : std::nullopt;
  if (!name || !is_valid_name(*name) || producers_.contains(std::string{*name}))
    return false;
  producer_stamp stamp{std::string{*name}, {}};
  auto& state = touch(stamp.producer);
  varint_taker numbers{bytes};
  auto has_forgotten = numbers.next();
  if (has_forgotten > 1)
    return false;
  if (has_forgotten == 1)
    state.forgotten_through = producer_sequence{numbers.next()};
  auto count = numbers.next();
  auto is_good = numbers.is_good();
  if (format == producer_format::sequences) {
    sequence_known before{};
    for (std::uint64_t i = 0; is_good && i < count; ++i)
      is_good = restore_sequence(bytes, stamp, before);
    return is_good;
  }
  run before{};
  for (std::uint64_t i = 0; is_good && i < count; ++i)
    is_good = restore_run(bytes, state, before);
  forget_excess();
  return is_good;
}

bool producer_table::restore_run(std::string_view& bytes, producer_state& state, run& before) {
  varint_taker numbers{bytes};
  run entry;
  entry.first = producer_sequence{before.first.value + numbers.next()};
  entry.position = lsn{unzigzag(before.position.value, numbers.next())};
  auto records = numbers.next();
  entry.records = records >> 1;
  auto is_same_branch = (records & 1) == 1;
  entry.term = is_same_branch ? before.term : term{numbers.next()};
  entry.timeline = is_same_branch ? before.timeline : timeline_id{numbers.next()};
  entry.count = numbers.next();
  entry.stride = entry.count > 1 ? entry.records + numbers.next() : 0;
  if (!numbers.is_good() || entry.records == 0 || entry.count == 0 || entry.position == no_lsn
      || entry.stride < (entry.count > 1 ? entry.records : 0)
      || !is_in_range(entry.first.value, entry.count - 1, 1)
      || !is_in_range(entry.position.value, entry.count, std::max(entry.stride, entry.records))
      || (!state.runs.empty() && entry.first <= state.runs.back().last()))
    return false;
  before = entry;
  state.runs.push_back(entry);
  ++runs_;
  forget_excess_runs(state);
  return true;
}

/// As format 1 had it: each sequence by itself.
bool producer_table::restore_sequence(std::string_view& bytes, producer_stamp& stamp,
                                      sequence_known& before) {
  varint_taker numbers{bytes};
  stamp.sequence = producer_sequence{stamp.sequence.value + numbers.next()};
  before.records.first = lsn{unzigzag(before.records.first.value, numbers.next())};
  auto records = numbers.next();
  if ((records & 1) == 0) {
    before.term = term{numbers.next()};
    before.timeline = timeline_id{numbers.next()};
  }
  if (!numbers.is_good() || records < 2 || before.records.first == no_lsn
      || !is_in_range(before.records.first.value, records >> 1, 1))
    return false;
  before.records.last = last_of(before.records.first, records >> 1);
  remember(stamp, before);
  return true;
}

} // namespace sluice::persistence
