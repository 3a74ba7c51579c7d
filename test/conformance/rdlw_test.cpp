// Frames of RedDB's spool as its published layout has them, made without the code under test
// (rdlw/make_golden.py): what stands here is read for ever, and written byte for byte.

#include "persistence/checksum.hpp"
#include "persistence/rdlw_frame.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::test {

namespace {

using namespace persistence;

/// The bytes of a golden file; what follows `#` says what they are.
std::string golden(const std::string& name) {
  std::ifstream in{std::filesystem::path{SLUICE_RDLW_DIRECTORY} / (name + ".hex")};
  EXPECT_TRUE(in) << name;
  std::string bytes;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line.substr(0, line.find('#'))};
    for (std::string text; fields >> text;)
      bytes += static_cast<char>(std::stoi(text, nullptr, 16));
  }
  return bytes;
}

/// The frames of a whole file, up to the first thing that is none.
std::vector<rdlw_frame> frames_of(const std::string& bytes) {
  std::vector<rdlw_frame> frames;
  auto expected = no_lsn;
  for (std::string_view rest = bytes; !rest.empty();) {
    auto verdict = judge_rdlw(rest, rest.size(), expected);
    const auto* frame = std::get_if<rdlw_frame>(&verdict);
    if (frame == nullptr)
      break;
    frames.push_back(*frame);
    expected = next(frame->lsn);
    rest.remove_prefix(static_cast<std::size_t>(frame->frame_bytes));
  }
  return frames;
}

void expect_frame(const rdlw_frame& frame, std::uint64_t lsn_, std::uint64_t term_,
                  std::uint64_t time, std::optional<std::uint64_t> epoch,
                  std::string_view payload) {
  EXPECT_EQ(frame.lsn, lsn{lsn_});
  EXPECT_EQ(frame.term, term{term_});
  EXPECT_EQ(frame.timestamp, timestamp_ms{time});
  EXPECT_EQ(frame.ownership_epoch.value_or(ownership_epoch{}).value, epoch.value_or(0));
  EXPECT_EQ(frame.payload, payload);
}

/// Read, and written again in the same layout.
void expect_written_as_read(const std::string& bytes) {
  std::string written;
  for (const auto& frame : frames_of(bytes))
    EXPECT_FALSE(append_rdlw_frame(written, frame));
  EXPECT_EQ(written, bytes);
}

TEST(rdlw, crc32_is_that_of_zlib) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32("6789", crc32("12345")), crc32("123456789"));
}

struct golden_frame {
  std::string file;
  rdlw_layout layout;
  std::uint64_t lsn;
  std::uint64_t term;
  std::uint64_t time;
  std::optional<std::uint64_t> epoch;
  std::string payload;
};

class rdlw_golden : public testing::TestWithParam<golden_frame> {};

TEST_P(rdlw_golden, is_read_and_written) {
  const auto& expected = GetParam();
  auto bytes = golden(expected.file);
  auto frames = frames_of(bytes);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames.front().layout, expected.layout);
  EXPECT_EQ(frames.front().frame_bytes, bytes.size());
  expect_frame(frames.front(), expected.lsn, expected.term, expected.time, expected.epoch,
               expected.payload);
  expect_written_as_read(bytes);
}

// Scenarios 3, 5, 7, 11.
INSTANTIATE_TEST_SUITE_P(
    each_layout, rdlw_golden,
    testing::Values(
        golden_frame{"v1", rdlw_layout::v1, 42, 0, 0, {}, "old"},
        golden_frame{"v2", rdlw_layout::v2, 3, 0, 44, {}, "a delete"},
        golden_frame{"v3_2026_06", rdlw_layout::v3_2026_06, 42, 7, 1700000000000, {}, "alpha"},
        golden_frame{"v3_2026_07", rdlw_layout::v3_2026_07, 42, 7, 1700000000000, 11, "alpha"},
        golden_frame{"v3_2026_07_without_epoch",
                     rdlw_layout::v3_2026_07,
                     42,
                     7,
                     1700000000000,
                     {},
                     "alpha"}),
    [](const auto& instance) { return instance.param.file; });

// Scenario 8.
TEST(rdlw, frames_of_every_version_stand_in_one_file) {
  auto bytes = golden("mixed");
  auto frames = frames_of(bytes);
  ASSERT_EQ(frames.size(), 5u);
  expect_frame(frames[0], 5, 0, 0, {}, "one");
  expect_frame(frames[1], 6, 0, 1700000000000, {}, "");
  expect_frame(frames[2], 7, 2, 1700000000001, {}, "three");
  expect_frame(frames[3], 8, 7, 1700000000002, 11, "four");
  expect_frame(frames[4], 9, 0, 1700000000003, {}, "five");
  expect_written_as_read(bytes);
}

TEST(rdlw, the_checksum_tells_the_layouts_of_v3_apart) {
  auto bytes = golden("plausible_in_both_layouts");
  auto frames = frames_of(bytes);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames.front().layout, rdlw_layout::v3_2026_06);
  expect_written_as_read(bytes);
}

TEST(rdlw, a_frame_that_is_whole_in_both_layouts_is_the_one_that_fits_its_place) {
  auto bytes = golden("whole_in_both_layouts");
  for (auto expected : {no_lsn, lsn{42}}) {
    auto verdict = judge_rdlw(bytes, bytes.size(), expected);
    const auto* frame = std::get_if<rdlw_frame>(&verdict);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(frame->layout, rdlw_layout::v3_2026_06);
    EXPECT_EQ(frame->lsn, lsn{42});
  }
  // Behind LSN 98 it is the other, and behind LSN 50 nobody can tell.
  auto other = judge_rdlw(bytes, bytes.size(), lsn{99});
  ASSERT_TRUE(std::holds_alternative<rdlw_frame>(other));
  EXPECT_EQ(std::get<rdlw_frame>(other).layout, rdlw_layout::v3_2026_07);
  EXPECT_TRUE(std::holds_alternative<rdlw_damaged>(judge_rdlw(bytes, bytes.size(), lsn{51})));
}

TEST(rdlw, a_future_version_is_known_as_such) {
  auto bytes = golden("future_v4");
  auto frames = frames_of(bytes);
  ASSERT_EQ(frames.size(), 1u);
  auto rest = std::string_view{bytes}.substr(static_cast<std::size_t>(frames[0].frame_bytes));
  auto verdict = judge_rdlw(rest, rest.size(), lsn{43});
  ASSERT_TRUE(std::holds_alternative<rdlw_damaged>(verdict));
  EXPECT_EQ(std::get<rdlw_damaged>(verdict).code, errc::unknown_version);
}

} // namespace

} // namespace sluice::test
