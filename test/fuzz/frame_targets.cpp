#include "test/fuzz/targets.hpp"

#include "persistence/batch_body.hpp"
#include "persistence/checksum.hpp"
#include "persistence/frame.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/segment_scan.hpp"
#include "persistence/spool_reader.hpp"
#include "persistence/varint.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::test {

namespace {

using namespace persistence;

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Puts the checksums of the frame at `offset` right, whatever else is wrong with it.
/// @returns where the next one may stand
std::size_t seal_frame(std::string& bytes, std::size_t offset) {
  auto left = bytes.size() - offset;
  auto* at = bytes.data() + offset;
  if (left >= mark_bytes && get_little_endian<std::uint32_t>(at) == mark_magic) {
    put_little_endian(at + 44, crc32c({at, 44}));
    return offset + mark_bytes;
  }
  if (left < batch_header_bytes)
    return bytes.size();
  auto stored = std::uint64_t{get_little_endian<std::uint32_t>(at + 8)};
  if (stored > batch_header_bytes && stored <= left) {
    auto body = std::string_view{at, static_cast<std::size_t>(stored)}.substr(batch_header_bytes);
    put_little_endian(at + 60, crc32c(body));
  }
  put_little_endian(at + 64, crc32c({at, batch_hashed_bytes}));
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(bytes.size(), offset + padded(std::max<std::uint64_t>(stored, 8))));
}

std::string with_sealed_frames(std::string bytes, std::size_t offset) {
  while (offset < bytes.size())
    offset = seal_frame(bytes, offset);
  return bytes;
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

void check_header(const batch_header& header, std::string_view frame) {
  require(why_invalid(header) == nullptr, "a decoded batch header is valid");
  char again[batch_header_bytes];
  encode(header, again);
  require(frame.substr(0, batch_header_bytes) == std::string_view{again, sizeof again},
          "a batch header has one encoding");
}

void check_batch(const frame_batch& batch) {
  auto header = decode_batch_header(batch.bytes.view());
  require(static_cast<bool>(header), "a parsed batch has a header");
  check_header(*header, batch.bytes.view());
  auto records = decode_records(batch, no_lsn, batch.last);
  require(static_cast<bool>(records) == is_well_formed(*header, batch.bytes.view()),
          "records are decoded from well formed bodies and from no others");
  if (!records)
    return;
  require(records->size() == distance(previous(batch.first), batch.last),
          "a batch holds the records that it says");
  for (const auto& one : *records)
    require(lies_in(one.bytes.view(), batch.bytes.view()), "a record lies in its batch");
  auto middle = lsn{batch.first.value + (batch.last.value - batch.first.value) / 2};
  auto upper = decode_records(batch, middle, batch.last);
  require(upper && upper->size() == distance(middle, batch.last), "a part of a batch is its part");
  require(decode_records(batch, batch.last, batch.first)->empty(), "an empty range is empty");
}

bool parse(std::string bytes) {
  auto block = payload::take(std::move(bytes));
  auto batches = parse_frames(block);
  if (!batches)
    return false;
  std::size_t total = 0;
  for (const auto& batch : *batches) {
    total += batch.bytes.size();
    check_batch(batch);
  }
  require(total == block.size(), "the frames of a block are the block");
  return !batches->empty();
}

/// A file that is read only, and never seen to be sparse.
class read_only_file final : public file {
public:
  explicit read_only_file(std::string_view bytes) : bytes_(bytes) {}
  caf::expected<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    auto rest = bytes_.substr(std::min<std::uint64_t>(offset, bytes_.size()));
    auto count = std::min(rest.size(), into.size());
    std::copy_n(rest.data(), count, into.data());
    return count;
  }
  caf::expected<std::uint64_t> size() override { return bytes_.size(); }
  caf::expected<std::vector<byte_range>> written_ranges(std::uint64_t from) override {
    if (from >= bytes_.size())
      return std::vector<byte_range>{};
    return std::vector<byte_range>{{from, bytes_.size()}};
  }
  caf::error write_at(std::uint64_t, std::span<const std::string_view>) override {
    return make_error(errc::io_error, "read only");
  }
  caf::error sync_data() override { return make_error(errc::io_error, "read only"); }
  caf::error truncate(std::uint64_t) override { return make_error(errc::io_error, "read only"); }
  caf::error allocate(std::uint64_t) override { return make_error(errc::io_error, "read only"); }

private:
  std::string_view bytes_;
};

class counting_observer final : public scan_observer {
public:
  bool on_batch(const batch_header& header, std::string_view frame, std::uint64_t at) override {
    require(at % frame_alignment == 0, "frames are aligned");
    check_header(header, frame);
    records += header.record_count;
    return is_well_formed(header, frame);
  }
  void on_mark(const mark&) override {}

  std::uint64_t records = 0;
};

bool scan(std::string_view bytes) {
  auto header = decode_segment_header(bytes.substr(0, segment_header_bytes));
  if (!header)
    return false;
  read_only_file source{bytes};
  counting_observer observer;
  auto found = scan_live_segment(source, bytes.size(), *header, 512, observer);
  require(static_cast<bool>(found), "a segment that can be read is scanned");
  const auto& result = found->scan;
  require(result.end_offset <= bytes.size(), "a scan stays in its file");
  require(result.is_ended() || !result.stop_reason.empty(), "a scan says why it stops");
  require(observer.records >= distance(previous(header->first), result.last),
          "every record of a scan was seen");
  require(!found->later_mark || *found->later_mark >= result.end_offset,
          "a later mark stands behind the end");
  file_window window{source, bytes.size()};
  auto started = started_bytes(window, *header, result);
  require(started && *started <= bytes.size() - result.end_offset,
          "what was started ends with the file");
  return true;
}

} // namespace

int fuzz_frames(const std::uint8_t* data, std::size_t size) {
  std::string bytes{text_of(data, size)};
  auto is_taken = parse(bytes);
  is_taken |= parse(with_sealed_frames(std::move(bytes), 0));
  return is_taken ? 1 : 0;
}

int fuzz_segment_scan(const std::uint8_t* data, std::size_t size) {
  std::string bytes{text_of(data, size)};
  auto is_taken = scan(bytes);
  if (size >= segment_header_bytes)
    put_little_endian(bytes.data() + 188, crc32c({bytes.data(), 188}));
  is_taken |= scan(with_sealed_frames(std::move(bytes), segment_header_bytes));
  return is_taken ? 1 : 0;
}

int fuzz_varint(const std::uint8_t* data, std::size_t size) {
  auto bytes = text_of(data, size);
  int taken = 0;
  while (!bytes.empty()) {
    auto before = bytes;
    auto value = take_varint(bytes);
    if (!value) {
      require(bytes == before, "a refused varint is not consumed");
      bytes.remove_prefix(1);
      continue;
    }
    char again[10];
    auto length = static_cast<std::size_t>(put_varint(again, *value) - again);
    require(length == varint_bytes(*value), "a varint is as long as it is said to be");
    require(before.substr(0, before.size() - bytes.size()) == std::string_view{again, length},
            "a varint has one encoding");
    auto from = *value * 0x9E3779B97F4A7C15u;
    require(unzigzag(from, zigzag(from, *value)) == *value, "zigzag goes back");
    taken = 1;
  }
  return taken;
}

} // namespace sluice::test
