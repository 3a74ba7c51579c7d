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
  auto records = distance(previous(from.first), through);
  auto wanted = records > bytes_max / record_bytes_ ? bytes_max : records * record_bytes_;
  wanted = std::max(std::min(wanted, bytes_max) + margin, largest_batch_ + margin);
  return std::min(wanted, segment_.file_bytes - std::min(from.byte_offset, segment_.file_bytes));
}

caf::expected<payload> segment_view::read_block(std::uint64_t byte_offset, std::uint64_t bytes) {
  auto block = std::make_shared_for_overwrite<char[]>(static_cast<std::size_t>(bytes));
  auto got = segment_.bytes->read_at(byte_offset, {block.get(), static_cast<std::size_t>(bytes)});
  if (!got)
    return got.error();
  return payload::share(block, block.get(), *got);
}

caf::expected<segment_view::read_result> segment_view::read(read_position from, lsn through,
                                                            std::uint64_t bytes_max,
                                                            std::uint64_t records_max) {
  read_result result;
  auto& at = result.next = from;
  auto block = read_block(at.byte_offset, guess_bytes(at, through, bytes_max));
  if (!block)
    return block.error();
  auto block_begins = at.byte_offset;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  while (at.first <= through) {
    auto in_block = static_cast<std::size_t>(at.byte_offset - block_begins);
    auto rest = block->view().substr(std::min(in_block, block->size()));
    auto is_cut_off = rest.size() < batch_header_bytes && !result.batches.empty();
    if (is_cut_off)
      break;
    auto kind = classify(rest, segment_.header, at.byte_offset);
    if (kind && *kind == frame_kind::passed_mark) {
      at.byte_offset += mark_bytes;
      continue;
    }
    result.is_at_end = kind && *kind == frame_kind::end_mark;
    if (result.is_at_end)
      break;
    auto batch =
        kind ? decode_next(rest, at, segment_.header) : caf::expected<batch_header>{kind.error()};
    // What was read before it is good: the damage is met again, first, by the next call.
    if (!batch && !result.batches.empty())
      break;
    if (!batch)
      return to_error(damaged(at, describe(batch.error())), "read");
    auto stored = batch->stored_bytes();
    if (!result.batches.empty()
        && (bytes + stored > bytes_max || records + batch->record_count > records_max
            || stored > rest.size()))
      break;
    if (stored > segment_.file_bytes - at.byte_offset)
      return to_error(damaged(at, "batch longer than its segment"), "read");
    if (stored > rest.size()) {
      block = read_block(at.byte_offset, stored);
      if (!block)
        return block.error();
      block_begins = at.byte_offset;
      in_block = 0;
      rest = block->view();
    }
    auto frame = rest.substr(0, static_cast<std::size_t>(stored));
    if (const auto* reason = why_damaged(*batch, frame)) {
      if (!result.batches.empty())
        break;
      return to_error(damaged(at, reason), "read");
    }
    note(at);
    result.batches.push_back(make_frame_batch(*batch, block->slice(in_block, frame.size())));
    bytes += stored;
    records += batch->record_count;
    largest_batch_ = stored;
    record_bytes_ = std::max<std::uint64_t>(1, stored / batch->record_count);
    at = {next(batch->last()), at.byte_offset + stored, result.batches.back().tail_digest};
  }
  return result;
}

} // namespace sluice::persistence
