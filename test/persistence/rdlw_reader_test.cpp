#include "persistence/little_endian.hpp"
#include "persistence/rdlw_reader.hpp"
#include "test/persistence/rdlw_builders.hpp"
#include "test/support/memory_vfs.hpp"

#include <gtest/gtest.h>

namespace sluice::test {

namespace {

using namespace persistence;

/// What a walk of a file found: records, and what stands behind them.
struct walked {
  std::vector<lsn> lsns;
  rdlw_item end;

  const rdlw_torn* torn() const { return std::get_if<rdlw_torn>(&end); }
  const damage* damaged() const { return std::get_if<damage>(&end); }
  bool is_whole() const { return std::holds_alternative<rdlw_end>(end); }
};

walked walk(const std::string& bytes) {
  memory_vfs disk;
  EXPECT_FALSE(disk.create_directories("/old"));
  disk.set_content(spool_path, bytes);
  auto changes = disk.changes();
  walked found;
  auto reader = rdlw_reader::open(disk, spool_path);
  EXPECT_TRUE(reader);
  for (;;) {
    auto item = (*reader)->next();
    if (!item) {
      ADD_FAILURE() << describe(item.error());
      return found;
    }
    if (const auto* frame = std::get_if<rdlw_frame>(&*item)) {
      found.lsns.push_back(frame->lsn);
      continue;
    }
    found.end = std::move(*item);
    break;
  }
  EXPECT_EQ(disk.changes(), changes) << "reading changed the disk";
  EXPECT_EQ(disk.content(spool_path), bytes);
  return found;
}

std::vector<lsn> lsns(std::initializer_list<std::uint64_t> values) {
  std::vector<lsn> result;
  for (auto value : values)
    result.push_back(lsn{value});
  return result;
}

class rdlw_reader_of_layout : public testing::TestWithParam<rdlw_layout> {
protected:
  std::string frame(std::uint64_t position) { return frame_bytes(GetParam(), position); }
  std::string two = frame(10) + frame(11);
};

INSTANTIATE_TEST_SUITE_P(each, rdlw_reader_of_layout, testing::ValuesIn(every_layout));

/// v1 has none.
class rdlw_reader_of_checksums : public rdlw_reader_of_layout {};

INSTANTIATE_TEST_SUITE_P(each, rdlw_reader_of_checksums,
                         testing::ValuesIn(std::begin(every_layout) + 1, std::end(every_layout)));

TEST_P(rdlw_reader_of_layout, finds_what_was_written) {
  auto found = walk(two);
  EXPECT_TRUE(found.is_whole());
  EXPECT_EQ(found.lsns, lsns({10, 11}));
}

// 1 to 3 bytes too.
TEST_P(rdlw_reader_of_layout, reports_a_torn_tail_of_any_length) {
  auto next_frame = frame(12);
  ASSERT_GT(next_frame.size(), 40u);
  for (std::size_t bytes = 1; bytes < next_frame.size(); ++bytes) {
    auto found = walk(two + next_frame.substr(0, bytes));
    ASSERT_NE(found.torn(), nullptr) << bytes << " bytes";
    EXPECT_EQ(found.lsns, lsns({10, 11}));
    EXPECT_EQ(found.torn()->byte_offset, two.size());
    EXPECT_EQ(found.torn()->bytes, bytes);
  }
}

// Scenario 16.
TEST_P(rdlw_reader_of_layout, reports_a_file_that_holds_but_a_part_of_its_first_record) {
  auto first = frame(10);
  auto found = walk(first.substr(0, first.size() - 2));
  ASSERT_NE(found.torn(), nullptr);
  EXPECT_TRUE(found.lsns.empty());
  EXPECT_EQ(found.torn()->byte_offset, 0u);
}

TEST_P(rdlw_reader_of_layout,
       takes_a_length_that_reaches_past_the_end_for_damage_when_more_follows) {
  auto damaged = frame(11);
  auto length = GetParam() == rdlw_layout::v1           ? 13u
                : GetParam() == rdlw_layout::v2         ? 21u
                : GetParam() == rdlw_layout::v3_2026_06 ? 29u
                                                        : 37u;
  damaged[length + 2] = '\x10';
  auto found = walk(frame(10) + damaged + frame(12) + frame(13));
  ASSERT_NE(found.damaged(), nullptr);
  EXPECT_EQ(found.lsns, lsns({10}));
  EXPECT_EQ(found.damaged()->byte_offset, frame(10).size());
  EXPECT_EQ(found.damaged()->lsn, lsn{11});
}

TEST_P(rdlw_reader_of_layout, never_allocates_what_a_length_says) {
  // 256 MiB + 1; no file of that size stands here.
  auto front = frame(11).substr(0, GetParam() == rdlw_layout::v1 ? 21 : 41);
  for (auto length : {13u, 21u, 29u, 37u})
    if (length + 4 <= front.size())
      put_little_endian(front.data() + length, std::uint32_t{(256u << 20) + 1});
  auto found = walk(frame(10) + front + std::string(1000, 'x'));
  ASSERT_NE(found.damaged(), nullptr);
  EXPECT_NE(found.damaged()->reason.find("268435457"), std::string::npos)
      << found.damaged()->reason;
}

TEST_P(rdlw_reader_of_layout, refuses_a_gap_a_duplicate_and_a_step_back) {
  for (auto position : {10u, 11u, 13u, 99u}) {
    auto found = walk(two + frame(position));
    ASSERT_NE(found.damaged(), nullptr) << position;
    EXPECT_EQ(found.lsns, lsns({10, 11}));
    EXPECT_EQ(found.damaged()->byte_offset, two.size());
    EXPECT_EQ(found.damaged()->lsn, lsn{12});
    EXPECT_EQ(found.damaged()->file, spool_path);
  }
}

// Scenario 12.
TEST_P(rdlw_reader_of_layout, refuses_an_unknown_version_and_reads_nothing_behind_it) {
  for (auto version : {0, 4, 99}) {
    auto newer = frame_bytes(rdlw_layout::v3_2026_07, 12);
    newer[4] = static_cast<char>(version);
    auto found = walk(two + newer + frame(12));
    ASSERT_NE(found.damaged(), nullptr) << version;
    EXPECT_EQ(found.damaged()->code, errc::unknown_version);
    EXPECT_EQ(found.damaged()->byte_offset, two.size());
    EXPECT_EQ(found.lsns, lsns({10, 11}));
  }
}

// Scenarios 13, 15: a flipped bit anywhere is damage, in the last record too.
TEST_P(rdlw_reader_of_checksums, never_gives_a_record_with_a_flipped_bit) {
  auto whole = frame(10) + frame(11) + frame(12);
  auto size = frame(10).size();
  for (auto position = size; position < 3 * size; ++position) {
    auto flipped = whole;
    flipped[position] = static_cast<char>(flipped[position] ^ 0x04);
    auto found = walk(flipped);
    auto last = position < 2 * size ? 10u : 11u;
    EXPECT_EQ(found.lsns.back(), lsn{last}) << position;
    EXPECT_FALSE(found.is_whole()) << position;
    // Only a length that points behind the end of the file cannot be told from a torn write.
    if (position < 2 * size) {
      ASSERT_NE(found.damaged(), nullptr) << position;
      EXPECT_EQ(found.damaged()->byte_offset, size);
    }
  }
}

TEST(rdlw_reader, finds_nothing_in_an_empty_file) {
  EXPECT_TRUE(walk("").is_whole());
}

TEST(rdlw_reader, takes_stray_bytes_for_a_torn_tail_whatever_they_are) {
  for (std::size_t bytes = 1; bytes <= 3; ++bytes) {
    auto found = walk(frame_bytes(rdlw_layout::v3_2026_07, 1) + std::string(bytes, '\0'));
    ASSERT_NE(found.torn(), nullptr);
    EXPECT_EQ(found.torn()->bytes, bytes);
  }
  EXPECT_NE(walk(frame_bytes(rdlw_layout::v3_2026_07, 1) + "RDLX").damaged(), nullptr);
}

TEST(rdlw_reader, keeps_to_the_expected_place_when_a_payload_holds_whole_frames) {
  auto inner = frame_bytes(rdlw_layout::v3_2026_07, 900) + frame_bytes(rdlw_layout::v2, 2);
  auto first = frame_bytes(rdlw_layout::v3_2026_06, 1, inner);
  EXPECT_EQ(walk(first + frame_bytes(rdlw_layout::v2, 2)).lsns, lsns({1, 2}));
  // Torn in the middle of it: what it holds is no record of this file.
  EXPECT_NE(walk(frame_bytes(rdlw_layout::v2, 5)
                 + frame_bytes(rdlw_layout::v3_2026_06, 6, inner).substr(0, 150))
                .torn(),
            nullptr);
}

TEST(rdlw_reader, gives_up_on_a_tail_that_was_made_to_look_like_frames) {
  auto forged = frame_bytes(rdlw_layout::v2, 2).substr(0, 25);
  put_little_endian(forged.data() + 21, std::uint32_t{400'000});
  auto torn = frame_bytes(rdlw_layout::v2, 1);
  put_little_endian(torn.data() + 21, std::uint32_t{10'000'000});
  for (int i = 0; i < 20'000; ++i)
    torn += forged;
  auto found = walk(torn);
  ASSERT_NE(found.damaged(), nullptr);
  EXPECT_EQ(found.damaged()->byte_offset, 0u);
}

TEST(rdlw_reader, proves_a_frame_without_checksum_by_what_follows) {
  auto v1 = frame_bytes(rdlw_layout::v1, 1);
  auto found = walk(v1 + "not a frame");
  ASSERT_NE(found.damaged(), nullptr);
  EXPECT_EQ(found.damaged()->byte_offset, 0u);
  // A v3 whose version byte lost a bit.
  auto flipped = frame_bytes(rdlw_layout::v3_2026_07, 1);
  flipped[4] = 1;
  EXPECT_TRUE(walk(flipped).lsns.empty());
}

TEST(rdlw_reader, lets_unknown_terms_stand_anywhere_but_no_term_go_back) {
  auto in_term = [](std::uint64_t position, std::uint64_t term_) {
    return frame_bytes(rdlw_layout::v3_2026_07, position, "x", term_);
  };
  EXPECT_TRUE(walk(in_term(1, 3) + frame_bytes(rdlw_layout::v1, 2) + in_term(3, 3)).is_whole());
  auto found = walk(in_term(1, 3) + frame_bytes(rdlw_layout::v2, 2) + in_term(3, 2));
  ASSERT_NE(found.damaged(), nullptr);
  EXPECT_EQ(found.damaged()->lsn, lsn{3});
  EXPECT_NE(walk(in_term(1, UINT64_MAX)).damaged(), nullptr);
}

TEST(rdlw_reader, refuses_lsns_that_no_record_can_have) {
  auto frame = frame_bytes(rdlw_layout::v1, 1);
  put_little_endian(frame.data() + 5, std::uint64_t{0});
  EXPECT_NE(walk(frame).damaged(), nullptr);
  EXPECT_NE(walk(frame_bytes(rdlw_layout::v2, UINT64_MAX)).damaged(), nullptr);
}

TEST(rdlw_reader, does_not_take_an_unreadable_byte_for_damage) {
  memory_vfs disk;
  ASSERT_FALSE(disk.create_directories("/old"));
  disk.set_content(spool_path, frame_bytes(rdlw_layout::v2, 1));
  disk.add_fault({vfs_call::read, 1, errc::io_error});
  auto reader = rdlw_reader::open(disk, spool_path);
  ASSERT_TRUE(reader);
  auto item = (*reader)->next();
  ASSERT_FALSE(item);
  EXPECT_EQ(code_of(item.error()), errc::io_error);
}

TEST(append_rdlw_frame, refuses_what_a_layout_cannot_hold) {
  std::string bytes;
  auto refused = [&](rdlw_layout layout, auto change) {
    auto frame = frame_in(layout, 1, "x");
    change(frame);
    return code_of(append_rdlw_frame(bytes, frame));
  };
  auto invalid = errc::invalid_argument;
  EXPECT_EQ(refused(rdlw_layout::v1, [](auto& x) { x.timestamp = timestamp_ms{1}; }), invalid);
  EXPECT_EQ(refused(rdlw_layout::v2, [](auto& x) { x.term = term{1}; }), invalid);
  EXPECT_EQ(
      refused(rdlw_layout::v3_2026_06, [](auto& x) { x.ownership_epoch = ownership_epoch{1}; }),
      invalid);
  EXPECT_EQ(
      refused(rdlw_layout::v3_2026_07, [](auto& x) { x.ownership_epoch = ownership_epoch{0}; }),
      invalid);
  EXPECT_EQ(refused(rdlw_layout::v2, [](auto& x) { x.lsn = no_lsn; }), invalid);
  // Only the length of it is looked at.
  auto too_long = std::string_view{"x", (256u << 20) + 1};
  EXPECT_EQ(refused(rdlw_layout::v1, [&](auto& x) { x.payload = too_long; }), errc::too_large);
  EXPECT_TRUE(bytes.empty());
}

} // namespace

} // namespace sluice::test
