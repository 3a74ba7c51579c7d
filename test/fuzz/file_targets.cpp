#include "test/fuzz/targets.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/mark.hpp"
#include "persistence/node_state_codec.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"
#include "persistence/slot_catalog_codec.hpp"
#include "persistence/snapshot_manifest.hpp"

namespace sluice::test {

namespace {

using namespace persistence;

std::string bytes_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Puts the checksum of the first `covered` bytes behind them.
std::string sealed(std::string bytes, std::size_t covered) {
  if (bytes.size() >= covered + 4)
    put_little_endian(bytes.data() + covered, crc32c({bytes.data(), covered}));
  return bytes;
}

std::string sealed_at_the_end(std::string bytes) {
  auto covered = bytes.size() < 4 ? 0 : bytes.size() - 4;
  return sealed(std::move(bytes), covered);
}

template <class Check>
int as_is_and_sealed(const std::string& bytes, const std::string& with_checksum, Check check) {
  auto is_taken = check(bytes);
  is_taken |= check(with_checksum);
  return is_taken ? 1 : 0;
}

bool check_segment_header(const std::string& bytes) {
  auto header = decode_segment_header(bytes);
  if (!header)
    return false;
  require(why_invalid(*header) == nullptr, "a decoded segment header is valid");
  require(encode(*header) == bytes.substr(0, segment_header_bytes),
          "a segment header has one encoding");
  return true;
}

bool check_mark(const std::string& bytes) {
  auto found = decode_mark(bytes);
  if (!found)
    return false;
  char again[mark_bytes];
  encode(*found, again);
  require(std::string_view(bytes).substr(0, mark_bytes) == std::string_view(again, mark_bytes),
          "a mark has one encoding");
  return true;
}

bool check_producers(const std::string& bytes, producer_format format) {
  constexpr producer_limits tight{2, 3, 5, 2, 4};
  producer_table table{{}};
  producer_table bounded{tight};
  if (!table.restore(bytes, format)) {
    require(table.snapshot() == producer_table{{}}.snapshot(), "a bad snapshot leaves nothing");
    return false;
  }
  static_cast<void>(bounded.restore(bytes, format));
  for (const auto* one : {&table, &bounded}) {
    auto limits = one == &table ? producer_limits{} : tight;
    auto once = one->snapshot();
    producer_table again{limits};
    require(again.restore(once, producer_format::runs), "a snapshot can be restored");
    require(again.snapshot() == once, "a restored snapshot is the same");
  }
  return true;
}

bool check_index(const std::string& bytes) {
  auto index = decode_segment_index(bytes);
  if (!index)
    return false;
  auto again = decode_segment_index(encode(*index));
  require(again && again->entries == index->entries && again->producers == index->producers,
          "an index reads back");
  require(index->producers_format != producer_format::runs || encode(*index) == bytes,
          "an index has one encoding");
  for (const auto& entry : index->entries)
    require(*find_entry(index->entries, entry.first) == entry, "an entry is found");
  check_producers(index->producers, index->producers_format);
  return true;
}

bool check_node_state(const std::string& bytes) {
  auto copy = decode_node_state(bytes);
  if (!copy)
    return false;
  auto again = decode_node_state(encode(*copy));
  require(again && *again == *copy, "a node state reads back");
  return true;
}

bool check_slot_catalog(const std::string& bytes) {
  auto copy = decode_slot_catalog(bytes);
  if (!copy)
    return false;
  auto again = decode_slot_catalog(encode(*copy));
  require(again && *again == *copy, "a slot catalog reads back");
  return true;
}

bool check_snapshot_manifest(const std::string& bytes) {
  auto manifest = decode_snapshot_manifest(bytes);
  if (!manifest)
    return false;
  auto again = decode_snapshot_manifest(encode(*manifest));
  require(again && *again == *manifest, "a snapshot manifest reads back");
  return true;
}

} // namespace

int fuzz_segment_header(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  return as_is_and_sealed(bytes, sealed(bytes, segment_header_bytes - 4), check_segment_header);
}

int fuzz_mark(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  return as_is_and_sealed(bytes, sealed(bytes, mark_bytes - 4), check_mark);
}

int fuzz_index(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  return as_is_and_sealed(bytes, sealed_at_the_end(bytes), check_index);
}

int fuzz_producer_table(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  auto is_taken = check_producers(bytes, producer_format::runs);
  is_taken |= check_producers(bytes, producer_format::sequences);
  return is_taken ? 1 : 0;
}

int fuzz_node_state(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  return as_is_and_sealed(bytes, sealed_at_the_end(bytes), check_node_state);
}

int fuzz_slot_catalog(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  return as_is_and_sealed(bytes, sealed_at_the_end(bytes), check_slot_catalog);
}

int fuzz_snapshot_manifest(const std::uint8_t* data, std::size_t size) {
  auto bytes = bytes_of(data, size);
  return as_is_and_sealed(bytes, sealed_at_the_end(bytes), check_snapshot_manifest);
}

} // namespace sluice::test
