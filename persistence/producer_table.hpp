#pragma once

#include <sluice/append.hpp>
#include <sluice/outcome.hpp>

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
class producer_table {
public:
  producer_table(std::size_t producers_max, std::size_t window);

  sequence_lookup find(const producer_stamp& stamp) const;
  void remember(const producer_stamp& stamp, const sequence_known& where);

  // The owner of this file adds what the segment index needs to store and restore it.
};

} // namespace sluice::persistence
