#include "persistence/segment_view.hpp"

#include "persistence/file_window.hpp"
#include "persistence/little_endian.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

constexpr std::uint64_t index_interval_bytes = 64 * 1024;

enum class frame_kind { batch, passed_mark, end_mark };

std::uint32_t magic_of(std::string_view bytes) {
  return bytes.size() < 4 ? 0 : get_little_endian<std::uint32_t>(bytes.data());
}

/// A mark is skipped, but only a true one of this segment.
caf::expected<frame_kind> classify(std::string_view bytes, const segment_header& header,
                                   std::uint64_t byte_offset) {
  if (magic_of(bytes) != mark_magic)
    return frame_kind::batch;
  auto found = decode_mark(bytes);
  if (!found)
    return found.error();
  if (found->salt != header.salt || found->byte_offset != byte_offset)
    return make_error(errc::corruption, "mark of another segment or place");
  return found->kind == mark_kind::segment_end ? frame_kind::end_mark : frame_kind::passed_mark;
}

caf::expected<batch_header> decode_next(std::string_view bytes, const read_position& at,
                                        const segment_header& header) {
  auto batch = decode_batch_header(bytes);
  if (!batch)
    return batch.error();
  if (batch->base != at.first)
    return make_error(errc::corruption, "batch out of order");
  if (batch->previous_digest != at.previous_digest)
    return make_error(errc::corruption, "batch does not continue the history");
  if (batch->timeline != header.timeline)
    return make_error(errc::corruption, "batch of another timeline");
  return batch;
}

} // namespace

caf::expected<std::unique_ptr<segment_view>>
segment_view::open(vfs& disk, const std::filesystem::path& directory, segment_name name) {
  auto segment = open_segment(disk, directory, name, std::nullopt);
  if (!segment)
    return segment.error();
  auto index = load_index(disk, *segment);
  if (!index)
    return index.error();
  std::unique_ptr<segment_view> view{new segment_view{std::move(*segment)}};
  if (*index) {
    view->entries_ = std::move((*index)->entries);
    view->has_index_file_ = true;
  }
  return view;
}

void segment_view::note(const read_position& batch) {
  if (has_index_file_
      || (!entries_.empty()
          && batch.byte_offset < entries_.back().byte_offset + index_interval_bytes))
    return;
  entries_.push_back({batch.first, batch.byte_offset, batch.previous_digest});
}

caf::expected<std::optional<read_position>> segment_view::seek(lsn target) {
  read_position at{segment_.header.first, segment_header_bytes, segment_.header.previous_digest};
  if (const auto* entry = find_entry(entries_, target))
    at = {entry->first, entry->byte_offset, entry->previous_digest};
  file_window window{*segment_.bytes, segment_.file_bytes};
  for (;;) {
    auto bytes = window.view(at.byte_offset, batch_header_bytes);
    if (!bytes)
      return bytes.error();
    auto kind = classify(*bytes, segment_.header, at.byte_offset);
    if (!kind)
      return to_error(damaged(at, describe(kind.error())), "read");
    if (*kind == frame_kind::end_mark)
      return std::optional<read_position>{};
    if (*kind == frame_kind::passed_mark) {
      at.byte_offset += mark_bytes;
      continue;
    }
    auto batch = decode_next(*bytes, at, segment_.header);
    if (!batch)
      return to_error(damaged(at, describe(batch.error())), "read");
    note(at);
    if (batch->last() >= target)
      return std::optional{at};
    at = {next(batch->last()), at.byte_offset + batch->stored_bytes(), digest_after(bytes->data())};
  }
}

std::uint64_t segment_view::guess_bytes(const read_position& from, lsn through,
                                        std::uint64_t bytes_max) const {
  constexpr std::uint64_t margin = 4096;
  constexpr std::uint64_t block_bytes_max = 4 * 1024 * 1024;
  bytes_max = std::min(bytes_max, block_bytes_max);
  auto records = distance(previous(from.first), through);
  auto wanted = records > bytes_max / record_bytes_ ? bytes_max : records * record_bytes_;
  return std::max(wanted, largest_batch_) + margin;
}

caf::expected<std::string_view> segment_view::fill(block& within, std::uint64_t byte_offset,
                                                   std::uint64_t needed, std::uint64_t wanted) {
  auto left = segment_.file_bytes - std::min(byte_offset, segment_.file_bytes);
  needed = std::min(needed, left);
  auto begins = byte_offset - within.byte_offset;
  if (begins > within.bytes.size() || within.bytes.size() - begins < needed) {
    auto bytes = static_cast<std::size_t>(std::min(std::max(needed, wanted), left));
    auto buffer = std::make_shared_for_overwrite<char[]>(bytes);
    auto got = segment_.bytes->read_at(byte_offset, {buffer.get(), bytes});
    if (!got)
      return got.error();
    within = {payload::share(buffer, buffer.get(), *got), byte_offset};
    begins = 0;
  }
  return within.bytes.view().substr(static_cast<std::size_t>(begins));
}

/// The header of the next batch; nothing where the segment ends. Steps over marks.
caf::expected<std::optional<batch_header>> segment_view::next_header(std::string_view bytes,
                                                                     read_result& result) {
  auto kind = classify(bytes, segment_.header, result.next.byte_offset);
  if (!kind)
    return to_error(damaged(result.next, describe(kind.error())), "read");
  result.is_at_end = *kind == frame_kind::end_mark;
  if (*kind != frame_kind::batch)
    return std::optional<batch_header>{};
  auto batch = decode_next(bytes, result.next, segment_.header);
  if (!batch)
    return to_error(damaged(result.next, describe(batch.error())), "read");
  if (batch->stored_bytes() > segment_.file_bytes - result.next.byte_offset)
    return to_error(damaged(result.next, "batch longer than its segment"), "read");
  return std::optional{*batch};
}

caf::expected<segment_view::read_result> segment_view::read(const read_position& from, lsn through,
                                                            const read_limits& limits) {
  read_result result;
  block within;
  auto& at = result.next = from;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  // What was read before a damage is good: that is met again, first, by the next call.
  auto give = [&](caf::error err) {
    return result.batches.empty() ? caf::expected<read_result>{std::move(err)}
                                  : caf::expected<read_result>{std::move(result)};
  };
  while (at.first <= through) {
    auto wanted = guess_bytes(at, through, limits.bytes_max - std::min(bytes, limits.bytes_max));
    auto rest = fill(within, at.byte_offset, batch_header_bytes, wanted);
    if (!rest)
      return give(rest.error());
    auto batch = next_header(*rest, result);
    if (!batch)
      return give(batch.error());
    if (result.is_at_end)
      break;
    if (!*batch) {
      at.byte_offset += mark_bytes;
      continue;
    }
    auto stored = (*batch)->stored_bytes();
    auto count = (*batch)->record_count;
    if (!result.batches.empty()
        && (bytes + stored > limits.bytes_max || records + count > limits.records_max))
      break;
    rest = fill(within, at.byte_offset, stored, wanted);
    if (!rest)
      return give(rest.error());
    auto frame = rest->substr(0, static_cast<std::size_t>(stored));
    if (const auto* reason = why_damaged(**batch, frame))
      return give(to_error(damaged(at, reason), "read"));
    note(at);
    auto begins = static_cast<std::size_t>(at.byte_offset - within.byte_offset);
    result.batches.push_back(make_frame_batch(**batch, within.bytes.slice(begins, frame.size())));
    bytes += stored;
    records += count;
    largest_batch_ = stored;
    record_bytes_ = std::max<std::uint64_t>(1, stored / count);
    at = {next((*batch)->last()), at.byte_offset + stored, result.batches.back().tail_digest};
  }
  return result;
}

} // namespace sluice::persistence
