#include "persistence/rdlw_frame.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace sluice::persistence {

namespace {

constexpr std::size_t magic_bytes = 4;

/// Where the fields of a layout stand; {0} when it doesn't have one.
struct field_offsets {
  char version;
  std::size_t term;
  std::size_t ownership_epoch;
  std::size_t lsn;
  std::size_t timestamp;
  std::size_t payload_bytes;
  std::size_t header_bytes;
  std::size_t trailer_bytes;

  bool has_long_length() const { return header_bytes - payload_bytes == 8; }
};

constexpr std::array<field_offsets, 4> layouts{{
    {1, 0, 0, 5, 0, 13, 21, 0},
    {2, 0, 0, 5, 13, 21, 25, 4},
    {3, 5, 0, 13, 21, 29, 33, 4},
    {3, 5, 13, 21, 29, 37, 41, 4},
}};

const field_offsets& fields_of(rdlw_layout layout) {
  return layouts[static_cast<std::size_t>(layout)];
}

std::uint64_t get_u64(const char* header, std::size_t byte_offset) {
  return byte_offset == 0 ? 0 : get_little_endian<std::uint64_t>(header + byte_offset);
}

std::uint64_t payload_bytes_of(const char* header, const field_offsets& fields) {
  const auto* from = header + fields.payload_bytes;
  return fields.has_long_length() ? get_little_endian<std::uint64_t>(from)
                                  : get_little_endian<std::uint32_t>(from);
}

bool is_magic(std::string_view bytes) {
  return bytes.size() >= magic_bytes
         && get_little_endian<std::uint32_t>(bytes.data()) == rdlw_magic;
}

/// How a place reads in one layout.
struct reading {
  enum class state { whole, cut_off, implausible, bad_checksum } found = state::cut_off;
  rdlw_layout layout = rdlw_layout::v1;
  std::uint64_t payload_bytes = 0;
  std::uint64_t frame_bytes = 0;
};

/// @pre the header is in `seen`, when there are so many bytes
reading measure(std::string_view seen, std::uint64_t left, rdlw_layout layout) {
  const auto& fields = fields_of(layout);
  reading result;
  result.layout = layout;
  if (left < fields.header_bytes)
    return result;
  result.payload_bytes = payload_bytes_of(seen.data(), fields);
  if (result.payload_bytes > rdlw_payload_bytes_max) {
    result.found = reading::state::implausible;
    return result;
  }
  result.frame_bytes = fields.header_bytes + result.payload_bytes + fields.trailer_bytes;
  if (result.frame_bytes <= left)
    result.found = reading::state::whole;
  return result;
}

bool has_good_checksum(std::string_view frame) {
  auto covered = frame.substr(magic_bytes, frame.size() - 2 * magic_bytes);
  return crc32(covered)
         == get_little_endian<std::uint32_t>(frame.data() + frame.size() - magic_bytes);
}

/// Whether another frame, or the end of the file, stands behind the frame. Up to three stray
/// bytes do too: they are too few to say that they are none.
bool is_followed_well(const reading& frame, std::string_view seen, std::uint64_t left) {
  return left - frame.frame_bytes < magic_bytes || is_magic(seen.substr(frame.frame_bytes));
}

rdlw_frame frame_of(const reading& found, std::string_view seen) {
  const auto& fields = fields_of(found.layout);
  const auto* header = seen.data();
  rdlw_frame frame;
  frame.lsn = lsn{get_u64(header, fields.lsn)};
  frame.term = term{get_u64(header, fields.term)};
  frame.timestamp = timestamp_ms{get_u64(header, fields.timestamp)};
  if (auto epoch = get_u64(header, fields.ownership_epoch); epoch != 0)
    frame.ownership_epoch = sluice::ownership_epoch{epoch};
  frame.payload = seen.substr(fields.header_bytes, static_cast<std::size_t>(found.payload_bytes));
  frame.layout = found.layout;
  frame.frame_bytes = found.frame_bytes;
  return frame;
}

rdlw_damaged damaged(std::string reason) {
  return {std::move(reason), errc::corruption};
}

/// Both layouts of v3 have the right checksum: then the place among the others decides.
rdlw_verdict choose(std::span<const reading> good, std::string_view seen, std::uint64_t left,
                    lsn expected) {
  if (good.size() == 1)
    return frame_of(good.front(), seen);
  std::vector<rdlw_frame> fitting;
  for (const auto& one : good)
    if (auto frame = frame_of(one, seen);
        expected == no_lsn ? is_followed_well(one, seen, left) : frame.lsn == expected)
      fitting.push_back(frame);
  if (fitting.size() == 1)
    return fitting.front();
  return damaged("the frame is whole in both layouts of v3");
}

rdlw_verdict explain(std::span<const reading> readings, std::string_view seen, std::uint64_t left) {
  using state = reading::state;
  auto has = [&](state wanted) {
    return std::any_of(readings.begin(), readings.end(),
                       [&](const reading& one) { return one.found == wanted; });
  };
  // A torn frame that is as long as it says, to the byte, is a damaged one.
  auto fits = std::any_of(readings.begin(), readings.end(), [&](const reading& one) {
    return one.found == state::bad_checksum
           && (one.frame_bytes == left || is_magic(seen.substr(one.frame_bytes)));
  });
  if (fits || (has(state::bad_checksum) && !has(state::cut_off)))
    return damaged("bad checksum");
  if (has(state::cut_off))
    return rdlw_cut_off{};
  return damaged("a payload of " + std::to_string(readings.back().payload_bytes)
                 + " bytes, over the limit of " + std::to_string(rdlw_payload_bytes_max));
}

/// v1 has no checksum: its length is only proven by what stands behind it.
rdlw_verdict judge_v1(const reading& found, std::string_view seen, std::uint64_t left) {
  if (found.found != reading::state::whole)
    return explain(std::span{&found, 1}, seen, left);
  if (!is_followed_well(found, seen, left))
    return damaged("a frame of v1, which has no checksum, that no other frame follows");
  return frame_of(found, seen);
}

std::span<const rdlw_layout> layouts_of(char version) {
  static constexpr std::array all{rdlw_layout::v1, rdlw_layout::v2, rdlw_layout::v3_2026_06,
                                  rdlw_layout::v3_2026_07};
  switch (version) {
  case 1: return std::span{all}.subspan(0, 1);
  case 2: return std::span{all}.subspan(1, 1);
  case 3: return std::span{all}.subspan(2, 2);
  default: return {};
  }
}

const char* why_unfit(const rdlw_frame& record, const field_offsets& fields) {
  if (record.lsn == no_lsn)
    return "LSN 0";
  if (fields.term == 0 && record.term.value != 0)
    return "a term";
  if (fields.timestamp == 0 && record.timestamp.value != 0)
    return "a time";
  if (fields.ownership_epoch == 0 && record.ownership_epoch)
    return "an ownership epoch";
  if (record.ownership_epoch && record.ownership_epoch->value == 0)
    return "ownership epoch 0, which means none there";
  return nullptr;
}

} // namespace

caf::error append_rdlw_frame(std::string& to, const rdlw_frame& record) {
  const auto& fields = fields_of(record.layout);
  auto refuse = [&](errc code, const std::string& reason) {
    return make_error(code, "lsn=" + to_string(record.lsn) + ": the layout cannot hold " + reason);
  };
  if (const auto* reason = why_unfit(record, fields))
    return refuse(errc::invalid_argument, reason);
  if (record.payload.size() > rdlw_payload_bytes_max)
    return refuse(errc::too_large,
                  "a payload of " + std::to_string(record.payload.size()) + " bytes");
  std::array<char, rdlw_header_bytes_max> header{};
  put_little_endian(header.data(), rdlw_magic);
  header[magic_bytes] = fields.version;
  auto put = [&](std::size_t byte_offset, std::uint64_t value) {
    if (byte_offset != 0)
      put_little_endian(header.data() + byte_offset, value);
  };
  put(fields.term, record.term.value);
  put(fields.ownership_epoch, record.ownership_epoch ? record.ownership_epoch->value : 0);
  put(fields.lsn, record.lsn.value);
  put(fields.timestamp, record.timestamp.value);
  if (fields.has_long_length())
    put(fields.payload_bytes, record.payload.size());
  else
    put_little_endian(header.data() + fields.payload_bytes,
                      static_cast<std::uint32_t>(record.payload.size()));
  to.append(header.data(), fields.header_bytes);
  to.append(record.payload);
  if (fields.trailer_bytes == 0)
    return {};
  std::array<char, 4> trailer;
  std::string_view covered{header.data() + magic_bytes, fields.header_bytes - magic_bytes};
  put_little_endian(trailer.data(), crc32(record.payload, crc32(covered)));
  to.append(trailer.data(), trailer.size());
  return {};
}

rdlw_verdict judge_rdlw(std::string_view seen, std::uint64_t left, lsn expected) {
  if (left < magic_bytes)
    return rdlw_cut_off{};
  auto wanted = std::min<std::uint64_t>(left, rdlw_header_bytes_max);
  if (seen.size() < wanted)
    return rdlw_wants{wanted};
  if (!is_magic(seen))
    return damaged("bad magic");
  if (left == magic_bytes)
    return rdlw_cut_off{};
  auto version = seen[magic_bytes];
  auto possible = layouts_of(version);
  if (possible.empty())
    return rdlw_damaged{"unknown version " + std::to_string(static_cast<unsigned char>(version)),
                        errc::unknown_version};
  std::vector<reading> readings;
  for (auto layout : possible) {
    readings.push_back(measure(seen, left, layout));
    // The magic behind it is looked at too.
    if (readings.back().found == reading::state::whole)
      wanted = std::max(wanted, std::min(left, readings.back().frame_bytes + magic_bytes));
  }
  if (seen.size() < wanted)
    return rdlw_wants{wanted};
  if (version == 1)
    return judge_v1(readings.front(), seen, left);
  std::vector<reading> good;
  for (auto& one : readings) {
    if (one.found != reading::state::whole)
      continue;
    if (has_good_checksum(seen.substr(0, static_cast<std::size_t>(one.frame_bytes))))
      good.push_back(one);
    else
      one.found = reading::state::bad_checksum;
  }
  return good.empty() ? explain(readings, seen, left) : choose(good, seen, left, expected);
}

} // namespace sluice::persistence
