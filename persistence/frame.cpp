#include "persistence/frame.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

#include <algorithm>
#include <limits>

namespace sluice::persistence {

const char* why_invalid(const batch_header& header) {
  if (header.frame_bytes <= batch_header_bytes || header.frame_bytes > batch_bytes_max)
    return "frame length out of range";
  if (header.record_count == 0 || header.append_count == 0)
    return "empty batch";
  if (header.append_count > header.record_count)
    return "more appends than records";
  if (header.record_count > header.frame_bytes - batch_header_bytes)
    return "more records than bytes";
  if (header.base == no_lsn)
    return "base LSN 0";
  if (header.base.value > std::numeric_limits<std::uint64_t>::max() - header.record_count)
    return "LSN overflow";
  if (header.timeline.value == 0)
    return "timeline 0";
  return nullptr;
}

digest encode(const batch_header& header, char* to) {
  put_little_endian(to, batch_magic);
  put_little_endian(to + 4, batch_version);
  put_little_endian(to + 6, std::uint16_t{0});
  put_little_endian(to + 8, header.frame_bytes);
  put_little_endian(to + 12, header.record_count);
  put_little_endian(to + 16, header.base.value);
  put_little_endian(to + 24, header.term.value);
  put_little_endian(to + 32, header.base_timestamp.value);
  put_little_endian(to + 40, header.previous_digest.value);
  put_little_endian(to + 48, header.timeline.value);
  put_little_endian(to + 56, header.append_count);
  put_little_endian(to + 60, header.body_crc);
  put_little_endian(to + 64, crc32c({to, batch_hashed_bytes}));
  put_little_endian(to + 68, std::uint32_t{0});
  return digest_after(to);
}

digest digest_after(const char* header) {
  return xxh3({header, batch_hashed_bytes});
}

caf::expected<batch_header> decode_batch_header(std::string_view bytes) {
  auto fault = [](const char* reason) { return make_error(errc::corruption, reason); };
  if (bytes.size() < batch_header_bytes)
    return fault("batch header cut off");
  const auto* from = bytes.data();
  if (get_little_endian<std::uint32_t>(from) != batch_magic)
    return fault("bad batch magic");
  if (get_little_endian<std::uint32_t>(from + 64) != crc32c({from, batch_hashed_bytes}))
    return fault("bad batch header checksum");
  if (get_little_endian<std::uint16_t>(from + 4) != batch_version
      || get_little_endian<std::uint16_t>(from + 6) != 0)
    return make_error(errc::unknown_version, "batch of a newer version");
  if (get_little_endian<std::uint32_t>(from + 68) != 0)
    return fault("reserved bytes of a batch header are not zero");
  batch_header header;
  header.frame_bytes = get_little_endian<std::uint32_t>(from + 8);
  header.record_count = get_little_endian<std::uint32_t>(from + 12);
  header.base = lsn{get_little_endian<std::uint64_t>(from + 16)};
  header.term = term{get_little_endian<std::uint64_t>(from + 24)};
  header.base_timestamp = timestamp_ms{get_little_endian<std::uint64_t>(from + 32)};
  header.previous_digest = digest{get_little_endian<std::uint64_t>(from + 40)};
  header.timeline = timeline_id{get_little_endian<std::uint64_t>(from + 48)};
  header.append_count = get_little_endian<std::uint32_t>(from + 56);
  header.body_crc = get_little_endian<std::uint32_t>(from + 60);
  if (const auto* reason = why_invalid(header))
    return fault(reason);
  return header;
}

const char* why_damaged(const batch_header& header, std::string_view frame) {
  if (frame.size() != header.stored_bytes())
    return "batch cut off";
  auto body = frame.substr(batch_header_bytes, header.frame_bytes - batch_header_bytes);
  if (crc32c(body) != header.body_crc)
    return "bad batch body checksum";
  auto padding = frame.substr(header.frame_bytes);
  if (std::any_of(padding.begin(), padding.end(), [](char x) { return x != 0; }))
    return "padding is not zero";
  return nullptr;
}

frame_batch make_frame_batch(const batch_header& header, payload bytes) {
  frame_batch batch;
  batch.first = header.base;
  batch.last = header.last();
  batch.term = header.term;
  batch.timeline = header.timeline;
  batch.base_timestamp = header.base_timestamp;
  batch.previous_digest = header.previous_digest;
  batch.tail_digest = digest_after(bytes.data());
  batch.bytes = std::move(bytes);
  return batch;
}

caf::expected<frame_batch> take_frame(const payload& bytes, std::size_t offset) {
  auto rest = bytes.view().substr(offset);
  auto header = decode_batch_header(rest);
  if (!header)
    return header.error();
  if (header->stored_bytes() > rest.size())
    return make_error(errc::corruption, "batch cut off");
  auto stored = static_cast<std::size_t>(header->stored_bytes());
  if (const auto* reason = why_damaged(*header, rest.substr(0, stored)))
    return make_error(errc::corruption, reason);
  return make_frame_batch(*header, bytes.slice(offset, stored));
}

} // namespace sluice::persistence
