#pragma once

#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::persistence {

// RedDB's logical spool (docs/FORMAT.md, "RedDB's spool"): a file is frames, one after the
// other, of any version. Read and written by import and export only.

inline constexpr std::uint32_t rdlw_magic = 0x574C4452; // "RDLW" on disk
/// Of a payload: what RedDB's own reader takes, although its writer accepts more.
inline constexpr std::uint64_t rdlw_payload_bytes_max = 256u << 20;
inline constexpr std::size_t rdlw_header_bytes_max = 41;
/// A frame of v1 without payload.
inline constexpr std::size_t rdlw_frame_bytes_min = 21;

/// How a frame stands on disk. Both layouts of v3 have the same version byte.
enum class rdlw_layout : std::uint8_t {
  v1,
  v2,
  /// Without ownership epoch.
  v3_2026_06,
  /// With ownership epoch; what RedDB writes today.
  v3_2026_07,
};

/// One record of the spool.
struct rdlw_frame {
  sluice::lsn lsn;
  /// {0}, unknown, in v1 and v2.
  sluice::term term;
  /// {0} in v1.
  timestamp_ms timestamp;
  /// Never {0}: the format says "none" by it.
  std::optional<sluice::ownership_epoch> ownership_epoch;
  std::string_view payload;
  rdlw_layout layout = rdlw_layout::v3_2026_07;
  /// Of the whole frame.
  std::uint64_t frame_bytes = 0;
};

/// Appends the frame of `record` in `record.layout` to `to`; its `frame_bytes` is not looked at.
/// @returns `errc::too_large` for a payload over the limit, `invalid_argument` for LSN 0 and
///   for what the layout cannot hold (a term, a time, an ownership epoch); nothing was
///   appended then
caf::error append_rdlw_frame(std::string& to, const rdlw_frame& record);

/// So many of the bytes that are left have to be seen.
struct rdlw_wants {
  std::uint64_t bytes = 0;
};
/// A frame was begun, and the file ends within it.
struct rdlw_cut_off {};
/// What stands there is no frame.
struct rdlw_damaged {
  std::string reason;
  /// `errc::corruption`, or `unknown_version`.
  errc code = errc::corruption;
};
using rdlw_verdict = std::variant<rdlw_frame, rdlw_wants, rdlw_cut_off, rdlw_damaged>;

/// What stands at a place of a file. Checks every length before it is used.
/// @param seen the first of the bytes that are left; the frame's payload points into it
/// @param left all bytes from there to the end of the file, > 0
/// @param expected the LSN that continues the records before it, {0} when there are none:
///   decides when a frame is whole in both layouts of v3. Whether the frame's LSN is the
///   expected one is not judged.
rdlw_verdict judge_rdlw(std::string_view seen, std::uint64_t left, lsn expected);

} // namespace sluice::persistence
