#pragma once

#include "persistence/file_window.hpp"
#include "persistence/frame.hpp"
#include "persistence/mark.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"

#include <sluice/errc.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sluice::persistence {

/// Is told what a scan finds, in order.
class scan_observer {
public:
  virtual ~scan_observer() = default;
  /// A batch that is whole and continues the history. False: its body is malformed.
  virtual bool on_batch(const batch_header& header, std::string_view frame,
                        std::uint64_t byte_offset) = 0;
  /// A mark of this segment that agrees with what stands before it.
  virtual void on_mark(const mark& found) = 0;
};

/// What stands in a segment, as far as it is whole.
struct segment_scan {
  /// Behind the last whole frame.
  std::uint64_t end_offset = segment_header_bytes;
  lsn last;
  digest tail_digest;
  /// Of the last batch; that of the header when there is none.
  sluice::term last_term;
  std::optional<mark> last_mark;
  /// Of the last batch before it.
  sluice::term marked_term;
  bool ends_with_mark = false;
  /// Why the scan went no further; `errc::ok` at a segment_end mark, or at `stop_after`.
  errc stop_code = errc::ok;
  std::string stop_reason;
  std::vector<index_entry> entries;

  bool is_ended() const { return last_mark && last_mark->kind == mark_kind::segment_end; }
};

/// The newest `oldest` that the last segment tells of.
lsn oldest_said_by(const segment_header& header, const segment_scan& scan);

/// Checks every frame of a segment: magic, version, checksums, density, digest chain,
/// timeline, and that the marks agree with the batches.
/// @param stop_after the last LSN that is of interest; a segment_end right after it is still read
/// @returns an error only when the file cannot be read
caf::expected<segment_scan> scan_segment(file_window& window, const segment_header& header,
                                         std::uint64_t index_interval_bytes,
                                         std::optional<lsn> stop_after, scan_observer& observer);

/// Where the first mark of this segment at or after `from` stands, wherever frames begin.
caf::expected<std::optional<std::uint64_t>>
find_mark(file_window& window, const segment_header& header, std::uint64_t from);

/// A segment that its writer may go on with while it is read.
struct live_scan {
  segment_scan scan;
  /// A mark behind the end of the scan, which stayed where it is when the bytes there were
  /// read once more: what stands between is damaged.
  std::optional<std::uint64_t> later_mark;
};

/// `scan_segment` of a segment that may be the last one of a running node. A mark behind the
/// end may have been written after the scan was there, so the scan goes on from its end,
/// with what the file holds by then, as long as it gets any further.
caf::expected<live_scan> scan_live_segment(file& source, std::uint64_t file_bytes,
                                           const segment_header& header,
                                           std::uint64_t index_interval_bytes,
                                           scan_observer& observer);

/// How many bytes from `scan.end_offset` on look as if a group had been in the middle of
/// being written there; 0 when nothing had been started, or nothing can be told from it.
caf::expected<std::uint64_t> started_bytes(file_window& window, const segment_header& header,
                                           const segment_scan& scan);

} // namespace sluice::persistence
