#include "persistence/mark.hpp"

#include "persistence/checksum.hpp"
#include "persistence/frame.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

namespace sluice::persistence {

namespace {

constexpr std::size_t crc_offset = 44;

bool is_known(std::uint16_t kind) {
  switch (static_cast<mark_kind>(kind)) {
  case mark_kind::group:
  case mark_kind::idle:
  case mark_kind::clean_close:
  case mark_kind::segment_end: return true;
  }
  return false;
}

} // namespace

void encode(const mark& value, char* to) {
  put_little_endian(to, mark_magic);
  put_little_endian(to + 4, mark_version);
  put_little_endian(to + 6, static_cast<std::uint16_t>(value.kind));
  put_little_endian(to + 8, value.salt);
  put_little_endian(to + 16, value.durable_through.value);
  put_little_endian(to + 24, value.tail_digest.value);
  put_little_endian(to + 32, value.oldest.value);
  put_little_endian(to + 40, static_cast<std::uint32_t>(value.byte_offset / frame_alignment));
  put_little_endian(to + crc_offset, crc32c({to, crc_offset}));
}

caf::expected<mark> decode_mark(std::string_view bytes) {
  if (bytes.size() < mark_bytes)
    return make_error(errc::corruption, "mark cut off");
  const auto* from = bytes.data();
  if (get_little_endian<std::uint32_t>(from) != mark_magic)
    return make_error(errc::corruption, "bad mark magic");
  if (get_little_endian<std::uint32_t>(from + crc_offset) != crc32c({from, crc_offset}))
    return make_error(errc::corruption, "bad mark checksum");
  auto kind = get_little_endian<std::uint16_t>(from + 6);
  if (get_little_endian<std::uint16_t>(from + 4) != mark_version || !is_known(kind))
    return make_error(errc::unknown_version, "mark of a newer version");
  mark value;
  value.kind = static_cast<mark_kind>(kind);
  value.salt = get_little_endian<std::uint64_t>(from + 8);
  value.durable_through = lsn{get_little_endian<std::uint64_t>(from + 16)};
  value.tail_digest = digest{get_little_endian<std::uint64_t>(from + 24)};
  value.oldest = lsn{get_little_endian<std::uint64_t>(from + 32)};
  value.byte_offset = get_little_endian<std::uint32_t>(from + 40) * std::uint64_t{frame_alignment};
  return value;
}

} // namespace sluice::persistence
