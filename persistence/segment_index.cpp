#include "persistence/segment_index.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

#include <algorithm>

namespace sluice::persistence {

namespace {

void encode_header(const segment_index& index, char* to) {
  put_little_endian(to, index_magic);
  put_little_endian(to + 4, index_version);
  put_little_endian(to + 6, std::uint16_t{0});
  put_little_endian(to + 8, index.salt);
  put_little_endian(to + 16, index.first.value);
  put_little_endian(to + 24, index.last.value);
  put_little_endian(to + 32, index.end_offset);
  put_little_endian(to + 40, index.tail_digest.value);
  put_little_endian(to + 48, index.last_term.value);
  put_little_endian(to + 56, index.generation);
  put_little_endian(to + 60, static_cast<std::uint32_t>(index.entries.size()));
  put_little_endian(to + 64, static_cast<std::uint32_t>(index.producers.size()));
  put_little_endian(to + 68, std::uint32_t{0});
  put_little_endian(to + 72, index.last_timeline.value);
}

/// Entries ascend in LSN and offset, and lie in the segment.
bool is_ordered(const segment_index& index) {
  auto before = [](const index_entry& a, const index_entry& b) {
    return a.first < b.first && a.byte_offset < b.byte_offset;
  };
  for (std::size_t i = 1; i < index.entries.size(); ++i)
    if (!before(index.entries[i - 1], index.entries[i]))
      return false;
  return index.entries.empty()
         || (index.entries.front().first >= index.first && index.entries.back().first <= index.last
             && index.entries.back().byte_offset < index.end_offset);
}

} // namespace

std::string encode(const segment_index& index) {
  auto entries_bytes = index.entries.size() * index_entry_bytes;
  std::string bytes(index_header_bytes + entries_bytes, '\0');
  bytes.reserve(bytes.size() + index.producers.size() + 4);
  encode_header(index, bytes.data());
  auto* to = bytes.data() + index_header_bytes;
  for (const auto& entry : index.entries) {
    put_little_endian(to, entry.first.value);
    put_little_endian(to + 8, entry.byte_offset);
    put_little_endian(to + 16, entry.previous_digest.value);
    to += index_entry_bytes;
  }
  bytes += index.producers;
  char crc[4];
  put_little_endian(crc, crc32c(bytes));
  bytes.append(crc, sizeof(crc));
  return bytes;
}

caf::expected<segment_index> decode_segment_index(std::string_view bytes) {
  auto fault = [](const char* reason) { return make_error(errc::corruption, reason); };
  if (bytes.size() < index_header_bytes + 4)
    return fault("index cut off");
  const auto* from = bytes.data();
  if (get_little_endian<std::uint32_t>(from) != index_magic)
    return fault("bad index magic");
  if (get_little_endian<std::uint32_t>(from + bytes.size() - 4)
      != crc32c(bytes.substr(0, bytes.size() - 4)))
    return fault("bad index checksum");
  // The first version differs in the format of its producer table alone.
  auto version = get_little_endian<std::uint16_t>(from + 4);
  if (version == 0 || version > index_version || get_little_endian<std::uint16_t>(from + 6) != 0)
    return make_error(errc::unknown_version, "index of a newer version");
  if (get_little_endian<std::uint32_t>(from + 68) != 0)
    return fault("reserved bytes of an index are not zero");
  segment_index index;
  index.salt = get_little_endian<std::uint64_t>(from + 8);
  index.first = lsn{get_little_endian<std::uint64_t>(from + 16)};
  index.last = lsn{get_little_endian<std::uint64_t>(from + 24)};
  index.end_offset = get_little_endian<std::uint64_t>(from + 32);
  index.tail_digest = digest{get_little_endian<std::uint64_t>(from + 40)};
  index.last_term = term{get_little_endian<std::uint64_t>(from + 48)};
  index.last_timeline = timeline_id{get_little_endian<std::uint64_t>(from + 72)};
  index.generation = get_little_endian<std::uint32_t>(from + 56);
  auto entry_count = get_little_endian<std::uint32_t>(from + 60);
  auto producer_bytes = get_little_endian<std::uint32_t>(from + 64);
  if (bytes.size()
      != index_header_bytes + 4 + std::uint64_t{entry_count} * index_entry_bytes + producer_bytes)
    return fault("index lengths disagree");
  from += index_header_bytes;
  index.entries.reserve(entry_count);
  for (std::uint32_t i = 0; i < entry_count; ++i, from += index_entry_bytes)
    index.entries.push_back({lsn{get_little_endian<std::uint64_t>(from)},
                             get_little_endian<std::uint64_t>(from + 8),
                             digest{get_little_endian<std::uint64_t>(from + 16)}});
  index.producers.assign(from, producer_bytes);
  index.producers_format = version == 1 ? producer_format::sequences : producer_format::runs;
  if (!is_ordered(index))
    return fault("index out of order");
  return index;
}

const index_entry* find_entry(const std::vector<index_entry>& entries, lsn position) {
  auto after = std::upper_bound(entries.begin(), entries.end(), position,
                                [](lsn a, const index_entry& b) { return a < b.first; });
  return after == entries.begin() ? nullptr : &*std::prev(after);
}

} // namespace sluice::persistence
