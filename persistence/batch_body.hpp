#pragma once

#include "persistence/frame.hpp"

#include <sluice/append.hpp>
#include <sluice/types.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// One append as it stands in a batch; names point into the batch.
struct append_view {
  lsn first;
  std::uint32_t record_count = 0;
  timestamp_ms timestamp;
  std::optional<std::string_view> producer;
  producer_sequence sequence;
  std::optional<sluice::ownership_epoch> ownership_epoch;

  lsn last() const { return last_of(first, record_count); }
};

/// Walks the body of one batch. Allocates no more than the body is long, whatever the
/// counts in it say.
class batch_body {
public:
  /// @param frame a whole frame that decoded as `header`; must outlive this
  batch_body(const batch_header& header, std::string_view frame);

  /// The next append, whose records `next_record` then gives; those of the append before
  /// that were not asked for are skipped. Nothing at the end, or where it is malformed.
  std::optional<append_view> next_append();

  /// The next record of the current append.
  std::optional<std::string_view> next_record();

  /// Whether everything was walked and all counts agreed. Asked after `next_append`
  /// returned nothing.
  bool is_complete() const;

private:
  std::optional<append_view> malformed();
  bool read_producers();
  bool read_attributes(std::uint64_t tag, append_view& append);

  batch_header header_;
  std::string_view rest_;
  std::vector<std::string_view> producers_;
  lsn next_lsn_;
  std::uint32_t appends_left_ = 0;
  std::uint64_t records_left_in_append_ = 0;
  bool is_malformed_ = false;
};

/// Whether the body of a checksummed frame is well formed to its last byte.
bool is_well_formed(const batch_header& header, std::string_view frame);

} // namespace sluice::persistence
