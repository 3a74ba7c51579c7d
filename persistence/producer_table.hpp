#pragma once

#include <sluice/append.hpp>
#include <sluice/outcome.hpp>

#include <cstddef>
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
/// The sequence is older than what is remembered of that producer: refuse it, don't guess.
struct sequence_too_old {};
/// This sequence was appended there; the term and timeline of its batch.
struct sequence_known {
  lsn_range records;
  sluice::term term;
  timeline_id timeline;
};

using sequence_lookup = std::variant<sequence_new, sequence_too_old, sequence_known>;

/// Remembers where the last sequences of each producer went. A pure, bounded value.
/// A producer that was forgotten altogether counts as new.
class producer_table {
public:
  /// @param sequences_max of all producers together
  producer_table(std::size_t producers_max, std::size_t window,
                 std::size_t sequences_max = 256 * 1024);

  sequence_lookup find(const producer_stamp& stamp) const;
  /// A sequence that is remembered already, or is too old, changes nothing.
  void remember(const producer_stamp& stamp, const sequence_known& where);

  /// Everything that it remembers, as it stands in a segment's index (docs/FORMAT.md).
  std::string snapshot() const;
  /// Replaces what it remembers; false, and empty, when `bytes` is not a snapshot.
  bool restore(std::string_view bytes);

private:
  struct remembered {
    producer_sequence sequence;
    sequence_known where;
  };
  struct producer_state {
    std::uint64_t last_use = 0;
    /// Every sequence through this one is too old.
    std::optional<producer_sequence> forgotten_through;
    /// Ascending by sequence.
    std::deque<remembered> window;
  };

  producer_state& touch(const std::string& name);
  void forget_excess();
  bool restore_producer(std::string_view& bytes);

  std::size_t producers_max_;
  std::size_t window_;
  std::size_t sequences_max_;
  std::size_t sequences_ = 0;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, producer_state> producers_;
  /// The one that was silent longest comes first.
  std::map<std::uint64_t, std::string> by_last_use_;
};

} // namespace sluice::persistence
