#include "persistence/segment_scan.hpp"

#include "persistence/little_endian.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

/// How much of a torn group is kept when its length cannot be read.
constexpr std::uint64_t torn_bytes_max = 1024 * 1024;

class segment_scanner {
public:
  segment_scanner(file_window& window, const segment_header& header,
                  std::uint64_t index_interval_bytes, segment_scan so_far, scan_observer& observer)
      : window_(window)
      , header_(header)
      , index_(index_interval_bytes, std::move(so_far.entries))
      , observer_(observer)
      , scan_(std::move(so_far)) {
    scan_.stop_code = errc::ok;
    scan_.stop_reason.clear();
  }

  caf::expected<segment_scan> run(std::optional<lsn> stop_after) {
    while (!scan_.is_ended()) {
      auto bytes = window_.view(scan_.end_offset, batch_header_bytes);
      if (!bytes)
        return bytes.error();
      auto magic = bytes->size() < 4 ? 0 : get_little_endian<std::uint32_t>(bytes->data());
      auto is_past = stop_after && scan_.last >= *stop_after;
      if (is_past && magic != mark_magic)
        break;
      auto err = take_frame(magic, *bytes);
      if (code_of(err) == errc::io_error)
        return err;
      if (is_past)
        break;
      if (err) {
        scan_.stop_code = code_of(err);
        scan_.stop_reason = describe(err);
        break;
      }
    }
    scan_.entries = index_.entries();
    return std::move(scan_);
  }

private:
  static caf::error fault(const char* reason) { return make_error(errc::corruption, reason); }

  caf::error take_frame(std::uint32_t magic, std::string_view bytes) {
    if (magic == mark_magic)
      return take_mark(bytes);
    return magic == batch_magic ? take_batch(bytes) : fault("no frame here");
  }

  caf::error take_mark(std::string_view bytes) {
    auto found = decode_mark(bytes);
    if (!found)
      return found.error();
    if (found->salt != header_.salt || found->byte_offset != scan_.end_offset)
      return fault("mark of another segment or place");
    if (found->durable_through != scan_.last || found->tail_digest != scan_.tail_digest)
      return fault("mark contradicts what stands before it");
    scan_.last_mark = *found;
    scan_.marked_term = scan_.last_term;
    scan_.ends_with_mark = true;
    scan_.end_offset += mark_bytes;
    observer_.on_mark(*found);
    return {};
  }

  caf::error take_batch(std::string_view bytes) {
    auto batch = decode_batch_header(bytes);
    if (!batch)
      return batch.error();
    if (!scan_.last_mark)
      return fault("batch before the first mark");
    if (batch->base != next(scan_.last))
      return fault("batch out of order");
    if (batch->previous_digest != scan_.tail_digest)
      return fault("batch does not continue the history");
    if (batch->timeline != header_.timeline)
      return fault("batch of another timeline");
    if (batch->stored_bytes() > window_.file_bytes() - scan_.end_offset)
      return fault("batch longer than its segment");
    auto frame = window_.view(scan_.end_offset, batch->stored_bytes());
    if (!frame)
      return frame.error();
    if (const auto* reason = why_damaged(*batch, *frame))
      return fault(reason);
    if (!observer_.on_batch(*batch, *frame, scan_.end_offset))
      return fault("malformed batch body");
    index_.add({batch->base, scan_.end_offset, batch->previous_digest});
    scan_.last = batch->last();
    scan_.tail_digest = digest_after(frame->data());
    scan_.last_term = batch->term;
    scan_.ends_with_mark = false;
    scan_.end_offset += batch->stored_bytes();
    return {};
  }

  file_window& window_;
  const segment_header& header_;
  index_builder index_;
  scan_observer& observer_;
  segment_scan scan_;
};

/// A scan before its first frame.
segment_scan nothing_yet(const segment_header& header) {
  segment_scan scan;
  scan.last = previous(header.first);
  scan.tail_digest = header.previous_digest;
  scan.last_term = header.term;
  return scan;
}

bool continues(std::string_view bytes, const segment_scan& scan) {
  auto batch = decode_batch_header(bytes);
  return batch && batch->base == next(scan.last) && batch->previous_digest == scan.tail_digest;
}

/// One flipped bit, or a lost half, of a frame that belongs here leaves most of it alike.
bool resembles_mark(std::string_view bytes, const segment_header& header,
                    const segment_scan& scan) {
  if (bytes.size() < mark_bytes)
    return false;
  const auto* from = bytes.data();
  if (std::all_of(from, from + mark_bytes, [](char x) { return x == 0; }))
    return false;
  auto alike = int{get_little_endian<std::uint32_t>(from) == mark_magic}
               + int{get_little_endian<std::uint64_t>(from + 8) == header.salt}
               + int{get_little_endian<std::uint64_t>(from + 16) == scan.last.value}
               + int{get_little_endian<std::uint64_t>(from + 24) == scan.tail_digest.value};
  return alike >= 2;
}

bool resembles_batch(std::string_view bytes, const segment_scan& scan) {
  if (bytes.size() < batch_header_bytes)
    return false;
  const auto* from = bytes.data();
  auto alike = int{get_little_endian<std::uint32_t>(from) == batch_magic}
               + int{get_little_endian<std::uint64_t>(from + 16) == next(scan.last).value}
               + int{get_little_endian<std::uint64_t>(from + 40) == scan.tail_digest.value};
  return alike >= 2;
}

std::uint64_t align_down(std::uint64_t byte_offset) {
  return byte_offset / frame_alignment * frame_alignment;
}

caf::expected<std::optional<std::uint64_t>>
find_mark_in(file_window& window, const segment_header& header, byte_range where) {
  // With the mark that may straddle its end, a step fills one read of the window.
  constexpr std::uint64_t step = 256 * 1024 - mark_bytes;
  static_assert(step % frame_alignment == 0);
  for (auto begin = where.begin; begin < where.end; begin += step) {
    auto bytes = window.view(begin, step + mark_bytes);
    if (!bytes)
      return bytes.error();
    auto searched = std::min<std::size_t>(bytes->size(), step);
    for (std::size_t at = 0; at + 4 <= searched; at += frame_alignment) {
      if (get_little_endian<std::uint32_t>(bytes->data() + at) != mark_magic)
        continue;
      auto found = decode_mark(bytes->substr(at));
      if (found && found->salt == header.salt && found->byte_offset == begin + at)
        return std::optional{begin + at};
    }
  }
  return std::optional<std::uint64_t>{};
}

} // namespace

lsn oldest_said_by(const segment_header& header, const segment_scan& scan) {
  return scan.last_mark ? std::max(header.oldest, scan.last_mark->oldest) : header.oldest;
}

caf::expected<segment_scan> scan_segment(file_window& window, const segment_header& header,
                                         std::uint64_t index_interval_bytes,
                                         std::optional<lsn> stop_after, scan_observer& observer) {
  return segment_scanner{window, header, index_interval_bytes, nothing_yet(header), observer}.run(
      stop_after);
}

caf::expected<live_scan> scan_live_segment(file& source, std::uint64_t file_bytes,
                                           const segment_header& header,
                                           std::uint64_t index_interval_bytes,
                                           scan_observer& observer) {
  auto so_far = nothing_yet(header);
  for (std::optional<std::uint64_t> later_mark;;) {
    // A window of its own each time: the one before holds what was read then.
    file_window window{source, file_bytes};
    auto before = so_far.end_offset;
    auto scan =
        segment_scanner{window, header, index_interval_bytes, std::move(so_far), observer}.run(
            std::nullopt);
    if (!scan)
      return scan.error();
    if (scan->is_ended())
      return live_scan{std::move(*scan), {}};
    if (later_mark && scan->end_offset == before)
      return live_scan{std::move(*scan), later_mark};
    auto found = find_mark(window, header, scan->end_offset);
    if (!found)
      return found.error();
    if (!*found)
      return live_scan{std::move(*scan), {}};
    later_mark = *found;
    so_far = std::move(*scan);
  }
}

caf::expected<std::optional<std::uint64_t>>
find_mark(file_window& window, const segment_header& header, std::uint64_t from) {
  // Most of a new segment was never written: reading that would only fill the page cache,
  // and what is read ahead no longer counts as unwritten, so this is asked first.
  auto written = window.written_ranges(from);
  if (!written)
    return written.error();
  for (auto [begin, end] : *written) {
    auto found = find_mark_in(window, header, {std::max(from, align_down(begin)), end});
    if (!found || *found)
      return found;
  }
  return std::optional<std::uint64_t>{};
}

caf::expected<std::uint64_t> started_bytes(file_window& window, const segment_header& header,
                                           const segment_scan& scan) {
  auto left = window.file_bytes() - std::min(window.file_bytes(), scan.end_offset);
  auto bytes = window.view(scan.end_offset, mark_bytes + batch_header_bytes);
  if (!bytes)
    return bytes.error();
  auto behind_mark = bytes->size() > mark_bytes ? bytes->substr(mark_bytes) : std::string_view{};
  if (continues(*bytes, scan))
    return std::min(left, decode_batch_header(*bytes)->stored_bytes());
  if (continues(behind_mark, scan))
    return std::min(left, mark_bytes + decode_batch_header(behind_mark)->stored_bytes());
  auto is_promised = scan.ends_with_mark && scan.last_mark->kind == mark_kind::group;
  if (is_promised || resembles_mark(*bytes, header, scan) || resembles_batch(*bytes, scan)
      || resembles_batch(behind_mark, scan))
    return std::min(left, torn_bytes_max);
  return std::uint64_t{0};
}

} // namespace sluice::persistence
