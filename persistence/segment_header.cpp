#include "persistence/segment_header.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

#include <algorithm>

namespace sluice::persistence {

namespace {

constexpr std::size_t cluster_offset = 8;
constexpr std::size_t reserved_offset = 144;
constexpr std::size_t crc_offset = 188;
/// Of any version, so that a newer header can be told from a damaged one.
constexpr std::size_t any_header_bytes_max = 4096;

bool is_newer(std::string_view bytes) {
  auto length = get_little_endian<std::uint16_t>(bytes.data() + 6);
  if (get_little_endian<std::uint16_t>(bytes.data() + 4) == segment_version
      || length < segment_header_bytes || length > any_header_bytes_max || length > bytes.size())
    return false;
  auto crc = get_little_endian<std::uint32_t>(bytes.data() + length - 4);
  return crc == crc32c(bytes.substr(0, length - 4u));
}

} // namespace

const char* why_invalid(const segment_header& header) {
  if (header.cluster.size() > max_name_length || header.cluster.find('\0') != std::string::npos)
    return "bad cluster id";
  if (header.first == no_lsn)
    return "first LSN 0";
  if (header.oldest > header.first)
    return "oldest LSN past the first";
  if (header.generation == 0)
    return "generation 0";
  if (header.capacity < segment_header_bytes || header.capacity > segment_bytes_max)
    return "segment size out of range";
  return nullptr;
}

std::string encode(const segment_header& header) {
  std::string bytes(segment_header_bytes, '\0');
  auto* to = bytes.data();
  put_little_endian(to, segment_magic);
  put_little_endian(to + 4, segment_version);
  put_little_endian(to + 6, static_cast<std::uint16_t>(segment_header_bytes));
  std::copy(header.cluster.begin(), header.cluster.end(), to + cluster_offset);
  put_little_endian(to + 72, header.timeline.value);
  put_little_endian(to + 80, header.term.value);
  put_little_endian(to + 88, header.first.value);
  put_little_endian(to + 96, header.generation);
  put_little_endian(to + 104, header.previous_digest.value);
  put_little_endian(to + 112, header.capacity);
  put_little_endian(to + 120, header.salt);
  put_little_endian(to + 128, header.created_at.value);
  put_little_endian(to + 136, header.oldest.value);
  put_little_endian(to + crc_offset, crc32c({to, crc_offset}));
  return bytes;
}

caf::expected<segment_header> decode_segment_header(std::string_view bytes) {
  auto fault = [](const char* reason) { return make_error(errc::corruption, reason); };
  if (bytes.size() < segment_header_bytes)
    return fault("segment header cut off");
  const auto* from = bytes.data();
  if (get_little_endian<std::uint32_t>(from) != segment_magic)
    return fault("bad segment magic");
  if (is_newer(bytes))
    return make_error(errc::unknown_version, "segment of a newer version");
  if (get_little_endian<std::uint16_t>(from + 4) != segment_version
      || get_little_endian<std::uint16_t>(from + 6) != segment_header_bytes
      || get_little_endian<std::uint32_t>(from + crc_offset) != crc32c({from, crc_offset}))
    return fault("bad segment header checksum");
  auto reserved = bytes.substr(reserved_offset, crc_offset - reserved_offset);
  if (get_little_endian<std::uint32_t>(from + 100) != 0
      || std::any_of(reserved.begin(), reserved.end(), [](char x) { return x != 0; }))
    return fault("reserved bytes of a segment header are not zero");
  segment_header header;
  header.cluster = std::string{bytes.substr(cluster_offset, max_name_length)};
  header.cluster.erase(header.cluster.find_last_not_of('\0') + 1);
  header.timeline = timeline_id{get_little_endian<std::uint64_t>(from + 72)};
  header.term = term{get_little_endian<std::uint64_t>(from + 80)};
  header.first = lsn{get_little_endian<std::uint64_t>(from + 88)};
  header.generation = get_little_endian<std::uint32_t>(from + 96);
  header.previous_digest = digest{get_little_endian<std::uint64_t>(from + 104)};
  header.capacity = get_little_endian<std::uint64_t>(from + 112);
  header.salt = get_little_endian<std::uint64_t>(from + 120);
  header.created_at = timestamp_ms{get_little_endian<std::uint64_t>(from + 128)};
  header.oldest = lsn{get_little_endian<std::uint64_t>(from + 136)};
  if (const auto* reason = why_invalid(header))
    return fault(reason);
  return header;
}

} // namespace sluice::persistence
