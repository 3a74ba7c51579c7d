#pragma once

#include "persistence/spool_options.hpp"

#include <sluice/append.hpp>
#include <sluice/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace sluice::persistence {

/// The sequence is new: append it.
struct sequence_new {};
/// The sequence may be one that is no longer remembered: refuse it, don't guess.
struct sequence_too_old {};
/// This sequence was appended there; the term and timeline of its batch.
struct sequence_known {
  lsn_range records;
  sluice::term term;
  timeline_id timeline;
};

using sequence_lookup = std::variant<sequence_new, sequence_too_old, sequence_known>;

/// How a snapshot of the table is written: with the index that it stands in
/// (docs/FORMAT.md).
enum class producer_format : std::uint16_t { sequences = 1, runs = 2 };

/// Remembers where the sequences of each producer went. A pure, bounded value.
///
/// Appends that follow each other evenly are one run, so that an input of any length by one
/// producer costs little. What is forgotten is refused rather than appended twice
/// (docs/adr/0005): of a producer that was silent too long its last sequence stays, and when
/// there are too many of those too, one number for all that were dropped.
class producer_table {
public:
  explicit producer_table(producer_limits limits) : limits_(limits) {}

  sequence_lookup find(const producer_stamp& stamp) const;
  /// A sequence that is remembered already, or is too old, changes nothing.
  void remember(const producer_stamp& stamp, const sequence_known& where);

  /// There was a history before, of which nothing is known: whatever is not remembered from here
  /// on may have been appended in it, but for what a new producer begins with.
  void begin_without_past();

  /// Everything that it remembers, as it stands in a segment's index, in the newest format.
  std::string snapshot() const;
  /// Replaces what it remembers; false, and empty, when `bytes` is not a snapshot.
  bool restore(std::string_view bytes, producer_format format);

private:
  /// Sequences one after the other, whose appends hold equally many records and stand
  /// equally far apart.
  struct run {
    producer_sequence first;
    std::uint64_t count = 1;
    lsn position;
    std::uint64_t records = 1;
    /// From one append to the next; 0 while there is one.
    std::uint64_t stride = 0;
    sluice::term term;
    timeline_id timeline;

    producer_sequence last() const { return producer_sequence{first.value + (count - 1)}; }
    sequence_known at(producer_sequence sequence) const;
    bool extend(producer_sequence sequence, const sequence_known& where);
  };
  struct producer_state {
    std::uint64_t last_use = 0;
    /// Every sequence through this one is too old.
    std::optional<producer_sequence> forgotten_through;
    /// Ascending by sequence.
    std::deque<run> runs;

    producer_sequence last() const;
  };
  /// What is left of a producer that was silent too long.
  struct forgotten_producer {
    std::uint64_t age = 0;
    producer_sequence through;
  };

  producer_state& touch(const std::string& name);
  void forget_excess_runs(producer_state& state);
  void forget_excess();
  void forget_silent_producer();
  void add_forgotten(std::uint64_t name_hash, producer_sequence through);
  std::string snapshot_of(const std::string& name, const producer_state& state) const;
  bool restore_forgotten(std::string_view& bytes);
  bool restore_producer(std::string_view& bytes, producer_format format);
  bool restore_run(std::string_view& bytes, producer_state& state, run& before);
  bool restore_sequence(std::string_view& bytes, producer_stamp& stamp, sequence_known& before);

  producer_limits limits_;
  std::size_t runs_ = 0;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, producer_state> producers_;
  /// The one that was silent longest comes first.
  std::map<std::uint64_t, std::string> by_last_use_;
  /// By the XXH3-64 of the name: another producer with the same hash is refused what was
  /// its right, at worst; nothing is appended twice.
  std::unordered_map<std::uint64_t, forgotten_producer> forgotten_;
  std::map<std::uint64_t, std::uint64_t> forgotten_by_age_;
  /// The highest sequence of any producer of which nothing else is left; 0 for none.
  producer_sequence dropped_through_;
};

} // namespace sluice::persistence
