#pragma once

#include "persistence/rdlw_frame.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sluice::test {

inline const std::filesystem::path spool_path = "/old/main.rdb.logical.wal";

/// A record as the layout can hold it: what it has no field for is left out.
inline persistence::rdlw_frame frame_in(persistence::rdlw_layout layout, std::uint64_t position,
                                        std::string_view payload, std::uint64_t term_ = 7) {
  using persistence::rdlw_layout;
  persistence::rdlw_frame frame;
  frame.lsn = lsn{position};
  frame.payload = payload;
  frame.layout = layout;
  if (layout != rdlw_layout::v1)
    frame.timestamp = timestamp_ms{1'700'000'000'000 + position};
  if (layout == rdlw_layout::v3_2026_06 || layout == rdlw_layout::v3_2026_07)
    frame.term = term{term_};
  if (layout == rdlw_layout::v3_2026_07)
    frame.ownership_epoch = ownership_epoch{11};
  return frame;
}

inline std::string encoded(const persistence::rdlw_frame& frame) {
  std::string bytes;
  EXPECT_FALSE(persistence::append_rdlw_frame(bytes, frame));
  return bytes;
}

/// The bytes of one record.
inline std::string frame_bytes(persistence::rdlw_layout layout, std::uint64_t position,
                               std::string_view payload = "some payload, neither long nor short",
                               std::uint64_t term_ = 7) {
  return encoded(frame_in(layout, position, payload, term_));
}

inline constexpr persistence::rdlw_layout every_layout[] = {
    persistence::rdlw_layout::v1, persistence::rdlw_layout::v2,
    persistence::rdlw_layout::v3_2026_06, persistence::rdlw_layout::v3_2026_07};

} // namespace sluice::test
